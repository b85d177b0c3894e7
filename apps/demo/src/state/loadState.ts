// How far the model is.

import type { Fault, Reply } from '../worker/protocol.js';

export type LoadState =
  | { readonly phase: 'loading'; readonly loaded: number; readonly total: number; readonly file?: string }
  /** All files are here; the device prepares the model. */
  | { readonly phase: 'preparing'; readonly file?: string }
  | { readonly phase: 'ready' }
  /** A visitor's model was open before, and nobody said yet whether it is opened again. */
  | { readonly phase: 'awaiting' }
  /** `reason`: it was the device, and not a file that could not be fetched. */
  | {
      readonly phase: 'failed';
      readonly message: string;
      readonly reason?: Fault['reason'];
      /** The model was ready, and its worker died. */
      readonly wasReady?: true;
    };

/** What becomes of a state by progress of a download that comes late: beside a failure or the end it changes nothing. */
export function afterProgress(
  before: LoadState,
  progress: Pick<Extract<Reply, { type: 'progress' }>, 'loaded' | 'total' | 'file'>,
): LoadState {
  if (before.phase !== 'loading' && before.phase !== 'preparing') return before;
  // The runtime's files arrive beside the model's, which are what a visitor waits for.
  const { file, loaded, total } = progress;
  if (file === undefined && before.file !== undefined) return before;
  if (loaded < total) return { phase: 'loading', ...progress };
  return { phase: 'preparing', ...(file === undefined ? {} : { file }) };
}
