import type { InferenceSession } from 'onnxruntime-common';

type Entries = Readonly<Record<string, string>>;

/** The options with more of the runtime's `session.*` entries; those that are there already stay. */
export const withSessionConfig = (
  options: InferenceSession.SessionOptions,
  session: Entries,
): InferenceSession.SessionOptions => withConfig(options, { session });

/** The options with more of the runtime's entries by the first part of their names; those that are there already stay. */
export function withConfig(
  options: InferenceSession.SessionOptions,
  added: Readonly<Record<string, Entries>>,
): InferenceSession.SessionOptions {
  const extra = (options.extra ?? {}) as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  const merged = Object.entries(added).map(([part, entries]) => [part, { ...entries, ...extra[part] }]);
  return { ...options, extra: { ...extra, ...Object.fromEntries(merged) } };
}
