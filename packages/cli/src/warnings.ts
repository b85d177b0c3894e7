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

/** Which layout of a batch a warning is about, and the warning as if the layout were alone. */
export function layoutWarning(warning: string): { readonly index: number; readonly text: string } {
  const [place, index] = /^layouts\[(\d+)\]: /.exec(warning) ?? ['', '0'];
  return { index: Number(index), text: warning.slice(place.length) };
}

/** A field of records: absent where there is none. */
export const warningsField = (warnings: readonly string[]): { readonly warnings?: readonly string[] } =>
  warnings.length > 0 ? { warnings } : {};
