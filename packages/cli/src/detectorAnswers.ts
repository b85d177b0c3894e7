// What a detector answers: it may be anybody's code, which may throw, be silent, or give something else than boxes.

import type { Detection } from '@spatiallock/core';
import { showValue } from '@spatiallock/core/checks';
import { isFarOutside } from '@spatiallock/core/geometry';
import { InputError, isAbort, isProgramFault, oneLine, readingNow } from './errors.js';

/** Whose answers are checked, and how long they are waited for. */
export interface Asked {
  /** Stands before errors: the flag and the module. */
  readonly title: string;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
  /** Milliseconds for one picture; default `LIMIT_MS`. */
  readonly limitMs?: number;
}

/** Longer than anybody would wait for each picture of a set; one that is silent so long never answers. */
const LIMIT_MS = 300_000;

/** What a detector threw, or that it was silent. */
class DetectorError extends Error {
  override readonly name = 'DetectorError';
}

/** The detector's answer on `pictures` pictures. Rejects with an error that names it where it throws or is silent. */
export async function answerOf<T>(
  ask: () => Promise<T> | T,
  { title, signal, limitMs = LIMIT_MS }: Asked,
  pictures = 1,
): Promise<T> {
  const limit = limitMs * Math.max(1, pictures);
  const silence = (): Error =>
    new DetectorError(`${title}: gave no answer within ${limit / 1000} s; its promise must settle`);
  try {
    return await unlessAborted(ask, signal, { limit, silence });
  } catch (error) {
    throw namedError(error, title, signal);
  }
}

/** What `ask` gives; rejects at once where the signal is aborted, and with `silence` after `limit` milliseconds. */
export async function unlessAborted<T>(
  ask: () => Promise<T> | T,
  signal: AbortSignal | undefined,
  late?: { readonly limit: number; silence(): Error },
): Promise<T> {
  signal?.throwIfAborted();
  let end = (): void => undefined;
  const stopped = new Promise<never>((_, reject) => {
    const stop = (): void => reject(signal!.reason);
    // It also keeps the process alive: one in which nothing else waits would end without a word.
    const timer = late && setTimeout(() => reject(late.silence()), late.limit);
    signal?.addEventListener('abort', stop, { once: true });
    end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    };
  });
  try {
    return await Promise.race([ask(), stopped]);
  } finally {
    end();
  }
}

function namedError(error: unknown, title: string, signal: AbortSignal | undefined): unknown {
  // A detector within a detector is named once.
  if (error instanceof InputError || error instanceof DetectorError) return error;
  if (isAbort(error) && signal?.aborted !== false) return error;
  const what = (error instanceof Error && oneLine(error)) || `threw ${showValue(error)}`;
  // Its author needs the place, and an abort of its own is no Ctrl-C.
  const place = isProgramFault(error) ? placeOf(error as Error) : '';
  return new DetectorError(`${title}: ${what}${place}`, isAbort(error) ? {} : { cause: error });
}

/** " (at file:line:column)", from the first line of the stack. */
function placeOf({ stack = '' }: Error): string {
  const found = /^\s*at .*?((?:file:\/\/)?[^\s()]+:\d+:\d+)\)?$/m.exec(stack);
  return found === null ? '' : ` (at ${found[1]})`;
}

/** Refuses what are no detections of these labels. */
export function checkDetections(given: unknown, labels: readonly string[], title: string): Detection[] {
  const fault = (what: string): InputError =>
    new InputError(`${title}: ${what}; detect must give a list of { label, score, box }`);
  if (!Array.isArray(given)) throw fault('gave no list');
  return readingNow(() => {
    for (const each of given as Partial<Detection>[]) {
      if (!labels.some((label) => label === each?.label)) throw fault('gave a label that is none of its own');
      if (!Number.isFinite(each.score)) throw fault('gave a score that is no number');
      checkBox(each.box, title);
    }
    return given as Detection[];
  });
}

/** A box without an area may come of rounding. */
function checkBox(box: unknown, title: string): void {
  const fault = (what: string): InputError =>
    new InputError(
      `${title}: gave ${what}; boxes are fractions of the picture, [left, top, right, bottom], such as [0.1, 0.2, 0.5, 0.9]`,
    );
  if (!Array.isArray(box) || box.length !== 4 || !box.every(Number.isFinite))
    throw fault('a box that is not four numbers');
  const [left, top, right, bottom] = box as [number, number, number, number];
  const shown = `the box [${box.join(', ')}]`;
  if (right < left) throw fault(`${shown}, whose right is less than its left`);
  if (bottom < top) throw fault(`${shown}, whose bottom is less than its top`);
  if (isFarOutside([left, top, right, bottom])) throw fault(`${shown}, which lies far outside the picture`);
}
