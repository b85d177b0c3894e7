import type { InferenceSession } from 'onnxruntime-common';

/** The options with more of the runtime's `session.*` entries; those that are there already stay. */
export function withSessionConfig(
  options: InferenceSession.SessionOptions,
  entries: Readonly<Record<string, string>>,
): InferenceSession.SessionOptions {
  const extra = (options.extra ?? {}) as { readonly session?: Record<string, unknown> };
  return { ...options, extra: { ...extra, session: { ...entries, ...extra.session } } };
}
