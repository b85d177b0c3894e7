// Who judges the pictures of the studio: the built-in detector, or the person's own.

import { computed, effect, signal, untracked } from '@preact/signals';
import { type Detection, messageOf } from '@spatiallock/core';
import { type EvaluatedObject, matchObjects } from '@spatiallock/evaluation';
import { labelFor } from '../detector/labels.js';
import { runDetector } from '../detector/sandbox.js';
import { source } from './pluginText.js';
import { type Shot, shown } from './shots.js';
import { keep, kept } from './storage.js';
import { page } from './view.js';

export type Judge = 'builtIn' | 'own';

interface Verdict {
  readonly state: 'looking' | 'done' | 'failed';
  /** The text of the plugin that looked. */
  readonly source: string;
  readonly judged?: readonly EvaluatedObject[];
  readonly message?: string;
}

const KEY = 'spatiallock.judge';

export const judge = signal<Judge>(kept(KEY) === 'own' ? 'own' : 'builtIn');
/** Of the person's detector, by the picture's id. */
const verdicts = signal<ReadonlyMap<string, Verdict>>(new Map());

/** What the person's detector says of a picture, as its text is now; undefined where it was not asked. */
export function verdictOf({ id }: Shot): Verdict | undefined {
  const verdict = verdicts.value.get(id);
  return verdict?.source === source.value ? verdict : undefined;
}

/** How the chosen judge found the objects of a picture; undefined where it has not looked. */
export const judgedOf = (shot: Shot): readonly EvaluatedObject[] | undefined =>
  judge.value === 'own' ? verdictOf(shot)?.judged : shot.judged;

const isLooking = computed(() => [...verdicts.value.values()].some(({ state }) => state === 'looking'));

/** Lets the person's detector look at the picture on the canvas, from now on, while it is the judge. */
export function judgeShown(): void {
  effect(() => void keep(KEY, judge.value));
  effect(() => {
    const shot = shown.value;
    const isWanted = judge.value === 'own' && page.value === 'studio' && shot?.status === 'done';
    if (!isWanted || !shot.picture || isLooking.value || verdictOf(shot)) return;
    untracked(() => void look(shot, source.value));
  });
}

async function look(shot: Shot, text: string): Promise<void> {
  note(shot, { state: 'looking', source: text });
  try {
    const { labels, detections } = await runDetector(text, shot.picture!);
    const judged = judgeBy(shot, labels, detections);
    note(shot, { state: 'done', source: text, judged });
  } catch (cause) {
    note(shot, { state: 'failed', source: text, message: messageOf(cause) });
  }
}

/** A plugin's scores have no scale of their own: all that it returns counts. */
function judgeBy({ layout }: Shot, labels: readonly string[], detections: readonly Detection[]) {
  const seen = detections.map((detection) => ({ ...detection, score: 1 }));
  return matchObjects(
    layout.objects,
    layout.objects.map(({ phrase }) => labelFor(phrase, labels)),
    seen,
  );
}

function note({ id }: Shot, verdict: Verdict): void {
  verdicts.value = new Map([...verdicts.value, [id, verdict] as const].slice(-100));
}
