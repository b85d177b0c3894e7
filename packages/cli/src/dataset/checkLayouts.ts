// Whether a model can paint the layouts of a data set, and a detector judge them.

import { messageOf, type OpenDetector } from '@spatiallock/core';
import { eventLoopTurn } from '@spatiallock/core/checks';
import { isProgramFault } from '../errors.js';
import { before } from '../jsonValues.js';
import type { Progress } from '../progress.js';
import type { OpenModel } from '../services.js';
import type { WarningNotes } from '../warnings.js';
import type { DatasetRequest } from './request.js';
import { type LayoutFault, refuseLayouts } from './sources.js';

/** Layouts after which the event loop gets a turn, and progress is shown. */
const TURN = 100;

interface Watched {
  readonly signal: AbortSignal;
  readonly bar: Progress;
}

/**
 * Every layout against the model, and its classes against the detector's, with the faults of reading: all at once. Rejects as
 * soon as the signal is aborted.
 */
export async function checkLayouts(
  { layouts, verify, faults: read, prefix }: DatasetRequest,
  { pipe }: OpenModel,
  detector: OpenDetector | undefined,
  { signal, bar }: Watched,
): Promise<void> {
  const faults: LayoutFault[] = [...read];
  const all = new Set(layouts);
  let checked = 0;
  for (const { layout, labels, where, index } of all) {
    if (++checked % TURN === 0) {
      bar.update((checked * layouts.length) / all.size, 'checking layouts');
      await eventLoopTurn();
      signal.throwIfAborted();
    }
    try {
      await pipe.check(layout);
    } catch (error) {
      if (isProgramFault(error)) throw error;
      faults.push({ index, text: `${before(where)}${messageOf(error)}` });
    }
    // In a picture without objects the detector looks for those that nobody asked for.
    const isJudged = labels.length === 0 || labels.some((label) => detector?.labels.includes(label));
    if (!detector || isJudged) continue;
    faults.push({
      index,
      text: `${before(where)}${verify!.flag}: the detector knows none of ${labels.join(', ')}`,
    });
  }
  refuseLayouts(prefix, faults);
}

/** Objects of classes that the detector does not know count for nothing. */
export function noteUnjudged(
  { labels, verify }: DatasetRequest,
  detector: OpenDetector | undefined,
  { onWarning }: WarningNotes,
): void {
  const unknown = detector ? labels.filter((label) => !detector.labels.includes(label)) : [];
  if (unknown.length === 0) return;
  onWarning(
    `${verify!.flag}: the detector does not know ${unknown.join(', ')}: their objects are not judged`,
  );
}
