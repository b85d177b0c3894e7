// What pipelines warn of, such as phrases that the text encoder cannot read whole.

import { type Io, note } from './io.js';

export interface WarningNotes {
  /** Those that were received, in order. */
  readonly warnings: readonly string[];
  onWarning(warning: string): void;
}

/** A listener that notes each warning once on stderr, unless the user asked for quiet; `before` is called first. */
export function warningNotes(io: Io, before: () => void = () => undefined): WarningNotes {
  const warnings: string[] = [];
  return {
    warnings,
    onWarning(warning) {
      if (warnings.includes(warning)) return;
      warnings.push(warning);
      if (io.quiet) return;
      before();
      note(io, `warning: ${warning}`);
    },
  };
}

/** The warning as if its layout were alone, and the layout's place in the batch; undefined: it is about all of them. */
export function layoutWarning(warning: string): {
  readonly index: number | undefined;
  readonly text: string;
} {
  const found = /^layouts\[(\d+)\]: /.exec(warning);
  if (found === null) return { index: undefined, text: warning };
  return { index: Number(found[1]), text: warning.slice(found[0].length) };
}

/** A listener that sorts the warnings of a batch by picture; copies that fill the batch up have none. */
export function batchWarnings(pictures: number): {
  /** Of each picture, without repetition. */
  readonly of: readonly ReadonlySet<string>[];
  onWarning(warning: string): void;
} {
  const of = Array.from({ length: pictures }, () => new Set<string>());
  return {
    of,
    onWarning(warning) {
      const { index, text } = layoutWarning(warning);
      if (index !== undefined) of[index]?.add(text);
      else for (const each of of) each.add(text);
    },
  };
}

/** A field of records: absent where there is none. */
export const warningsField = (warnings: readonly string[]): { readonly warnings?: readonly string[] } =>
  warnings.length > 0 ? { warnings } : {};
