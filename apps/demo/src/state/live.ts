// Live: a few steps with the same seed as soon as boxes have moved, the newest first, then a refinement.

import { effect, untracked } from '@preact/signals';
import type { Reply } from '../worker/protocol.js';
import { layoutOf } from './drawing.js';
import * as engine from './engine.js';
import { detailsOf, jobOf } from './jobs.js';
import { announce } from './notices.js';
import { type Sampling, variantOf } from './settings.js';
import { changeBy, quickSampling, unrefined } from './shotChanges.js';
import { resultOf } from './shotFacts.js';
import { add, edit, isOpen, isUpToDate, remove, type Shot, shots, shown, shownId } from './shots.js';
import { originOf, placeKey, placeOf } from './source.js';
import { drawing, hindrance, samplingNow, settings } from './studio.js';
import { isDragging, isHidden } from './view.js';

/** Typing and keys come to rest, in milliseconds. */
const QUIET = 300;

interface Work {
  readonly id: string;
  /** What it was begun for. */
  readonly wish: string;
  readonly phase: 'quick' | 'fine';
}

let work: Work | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

/** What a live picture depends on. */
const wish = (): string =>
  JSON.stringify([
    layoutOf(drawing.value),
    samplingNow.value,
    settings.value.liveSteps,
    placeKey(drawing.value),
  ]);

const isPossible = (): boolean =>
  settings.value.live && engine.isReady.value && hindrance.value === undefined;

/** Follows the drawing from now on, while the setting is on. */
export function followDrawing(): void {
  let wasDragging = false;
  effect(() => {
    const hand = isDragging.value;
    const asked = isPossible() ? wish() : undefined;
    // Tabs share one drawing: of those behind others each would paint it, too. They paint when they are seen.
    const isSeen = !isHidden.value;
    untracked(() => {
      clearTimeout(timer);
      if (asked === undefined && !hand) leaveQuick();
      if (asked !== undefined && asked !== work?.wish && isSeen) {
        if (hand) paintIfIdle();
        else if (wasDragging) paint();
        else timer = setTimeout(paint, QUIET);
      } else if (asked !== undefined && wasDragging && !hand) refine();
    });
    wasDragging = hand;
  });
}

const current = (): Shot | undefined => shots.value.find(({ id }) => id === work?.id);

/** While the hand moves, one picture follows the other, as fast as the device makes them. */
function paintIfIdle(): void {
  const shot = current();
  if (!shot || !isOpen(shot) || work?.phase === 'fine') paint();
}

/** The newest wish wins; a network that is still prepared is waited for. */
function paint(): void {
  if (!isPossible()) return;
  const shot = current();
  const isPreparing = shot !== undefined && isOpen(shot) && work?.phase === 'quick' && shot.stepIndex === 0;
  if (isPreparing) return;
  const picture = shown.value?.picture;
  // Such as one of the gallery that was put on the canvas.
  const isThere = shown.value?.status === 'done' && isUpToDate(shown.value);
  work = undefined;
  if (shot && isOpen(shot)) remove(shot.id);
  if (isThere) return;
  const sampling = samplingNow.value;
  const steps = settings.value.liveSteps;
  const [next] = add(drawing.value, [variantOf(sampling)], {
    ...originOf(drawing.value),
    live: true,
    quickSteps: steps,
    calls: steps,
    // What was there stays until something newer is.
    ...(picture ? { picture } : {}),
  });
  shownId.value = next!.id;
  work = { id: next!.id, wish: wish(), phase: 'quick' };
  ask(next!, quickSampling(sampling, steps), hearQuick);
}

function ask(shot: Shot, sampling: Sampling, onReply: (shot: Shot, reply: Reply) => void): void {
  const job = jobOf(shot.layout, variantOf(sampling), false, placeOf(shot.drawing));
  const detailsFollow = job.details === 0 && refinedDetails(shot) > 0;
  engine.generate(shot.id, { ...job, ...(detailsFollow ? { detailsFollow } : {}) }, (reply) => {
    const now = shots.value.find(({ id }) => id === shot.id);
    if (now) onReply(now, reply);
  });
}

function hearQuick(shot: Shot, reply: Reply): void {
  // While it is refined it counts as being made.
  const status = reply.type === 'done' ? 'running' : undefined;
  edit(shot.id, { ...changeBy(shot, reply), ...(status ? { status } : {}) });
  if (reply.type === 'cancelled' || reply.type === 'failed') giveBackPicture(shot.id);
  if ((reply.type !== 'done' && reply.type !== 'failed') || work?.id !== shot.id) return;
  const isWanted = isPossible() && wish() === work.wish;
  // Also after one that failed: what was asked for meanwhile waited for it.
  if (!isWanted && isPossible() && !isHidden.value) paint();
  else if (reply.type === 'done' && !isDragging.value) isWanted ? refine() : leaveQuick();
}

/** What was there before is not what these boxes would have given. */
function giveBackPicture(id: string): void {
  shots.value = shots.value.map((shot) => {
    const { picture: _, ...bare } = shot;
    return shot.id === id ? bare : shot;
  });
}

/** The details of a picture's refinement. */
const refinedDetails = ({ layout, sampling, drawing: from }: Shot): number =>
  detailsOf(layout, variantOf(sampling), placeOf(from));

/** Steps and details that the settings say, from the same noise; a picture that has them already is done. */
function refine(): void {
  const shot = current();
  if (!shot || work?.phase !== 'quick' || !shot.judged) return;
  work = { ...work, phase: 'fine' };
  if (shot.quickSteps === shot.sampling.steps && refinedDetails(shot) === 0) {
    edit(shot.id, { status: 'done' });
    announce(resultOf({ ...shot, status: 'done' }));
    return;
  }
  edit(shot.id, { stepIndex: 0, calls: shot.sampling.steps, times: [] });
  ask(shot, shot.sampling, hearFine);
}

/** What the few steps gave stays as it is, where it waits for a refinement that will not come. */
function leaveQuick(): void {
  const shot = current();
  if (!shot || !isOpen(shot) || work?.phase !== 'quick' || !shot.judged) return;
  work = undefined;
  edit(shot.id, unrefined(shot));
}

function hearFine(shot: Shot, reply: Reply): void {
  // A refinement that is cancelled or fails leaves what the few steps gave.
  const isLeft = reply.type === 'cancelled' || reply.type === 'failed';
  edit(shot.id, {
    ...(isLeft ? unrefined(shot) : {}),
    ...(reply.type === 'cancelled' ? {} : changeBy(shot, reply)),
  });
  const now = shots.value.find(({ id }) => id === shot.id);
  if (now && !isOpen(now)) announce(resultOf(now));
}
