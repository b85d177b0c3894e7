// Two pictures of one drawing under one divider: what differs between them, and which they are.

import { computed, effect, signal } from '@preact/signals';
import { holding } from './pluginSettings.js';
import { isUsable, limits, type Sampling, standardSettings, variantOf } from './settings.js';
import { add, findMade, type Shot, shots, shown, shownId, work } from './shots.js';
import { originOf, placeOf } from './source.js';
import { keep, kept, recordIn, recordOf } from './storage.js';
import { drawing, hindrance, samplingNow } from './studio.js';

export type Question = 'held' | 'steps' | 'seeds' | 'strengths';

/** What is compared, and the setting that differs. */
export const questions = {
  held: { title: `${holding.title} off and on`, key: 'strength' },
  steps: { title: 'Two numbers of steps', key: 'steps' },
  seeds: { title: 'Two seeds', key: 'seed' },
  strengths: { title: `Two strengths of ${holding.title}`, key: 'strength' },
} as const satisfies Record<
  Question,
  { readonly title: string; readonly key: keyof Sampling & keyof typeof limits }
>;

type Pair = readonly [number, number];
type Pairs = Readonly<Record<Question, Pair>>;

const standardPairs: Pairs = {
  held: [0, 1],
  steps: [25, standardSettings.steps],
  seeds: [7, 8],
  strengths: [1, 0.4],
};

const KEY = 'spatiallock.comparison';
const read = readChoice(kept(KEY));
export const question = signal<Question>(read.question);
/** Left and right of each question. */
export const pairs = signal<Pairs>(read.pairs);
/** The values of each question as typed in this visit. */
const typed = signal<Readonly<Partial<Record<Question, readonly [string?, string?]>>>>({});
/** Where the divider stands, in percent from the left. */
export const divider = signal(50);
const titles = signal<readonly string[]>([]);
const sides = signal<readonly [string, string] | undefined>(undefined);

effect(() => void keep(KEY, JSON.stringify({ question: question.value, pairs: pairs.value })));

/** What was kept, field by field. */
export function readChoice(text: string | undefined): { readonly question: Question; readonly pairs: Pairs } {
  const given = recordIn(text);
  const chosen = (Object.keys(questions) as Question[]).find((each) => each === given.question);
  const keptPairs = recordOf(given.pairs);
  const entries = Object.entries(standardPairs).map(([each, standard]) => {
    const pair = Object.hasOwn(keptPairs, each) ? keptPairs[each] : undefined;
    const { key } = questions[each as Question];
    const isPair = Array.isArray(pair) && pair.length === 2 && pair.every((value) => isUsable(key, value));
    return [each, isPair ? pair : standard];
  });
  return { question: chosen ?? 'held', pairs: Object.fromEntries(entries) };
}

/** What is wrong with the two values; undefined where nothing is. */
export const pairFault = computed((): string | undefined => {
  const { key } = questions[question.value];
  const pair = pairs.value[question.value];
  const { min, max, step } = limits[key];
  if (!pair.every((value) => isUsable(key, value))) {
    return `Must be a ${step < 1 ? '' : 'whole '}number from ${min} to ${max}`;
  }
  return pair[0] === pair[1] ? 'The two must differ' : undefined;
});

/** A value as it is typed; until it can be used nothing is compared. */
export function typeSide(side: 0 | 1, text: string): void {
  const asked = question.value;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const [left, right] = pairs.value[asked];
  pairs.value = { ...pairs.value, [asked]: side === 0 ? [value, right] : [left, value] };
  const [typedLeft, typedRight] = typed.value[asked] ?? [];
  typed.value = { ...typed.value, [asked]: side === 0 ? [text, typedRight] : [typedLeft, text] };
}

/** What the field of a side shows: the text as it was typed, such as "0." on the way to "0.05". */
export const shownSide = (side: 0 | 1): string =>
  typed.value[question.value]?.[side] ?? String(pairs.value[question.value][side]);

const titleOf = (asked: Question, value: number): string => {
  if (asked === 'held') return `${holding.title} ${value === 0 ? 'off' : 'on'}`;
  if (asked === 'steps') return `${value} ${value === 1 ? 'step' : 'steps'}`;
  return asked === 'seeds' ? `Seed ${value}` : `Strength ${value}`;
};

/** How the two pictures are sampled, and what each is called. */
export function sidesOf(asked: Question, pair: Pair, sampling: Sampling) {
  const { key } = questions[asked];
  const on = sampling.strength || standardSettings.strength;
  return pair.map((value) => {
    const own = asked === 'held' && value !== 0 ? on : value;
    const guided = key === 'strength' && own === 0 ? { guideStrength: 0 } : {};
    return { ...variantOf({ ...sampling, ...guided, [key]: own }), title: titleOf(asked, value) };
  });
}

/** Shows both pictures; makes those that are not there yet. */
export function compare(previews: boolean): void {
  if (pairFault.value !== undefined || hindrance.value !== undefined) return;
  const wanted = sidesOf(question.value, pairs.value[question.value], samplingNow.value);
  const there = wanted.map(({ sampling }) => findMade(drawing.value, sampling));
  const place = placeOf(drawing.value);
  const made = add(
    drawing.value,
    wanted.filter((_, i) => there[i] === undefined),
    originOf(drawing.value),
    there.flatMap((shot) => shot?.id ?? []),
  );
  const added = [...made];
  const [left, right] = there.map((shot) => shot ?? added.shift()!);
  titles.value = wanted.map(({ title }) => title);
  sides.value = [left!.id, right!.id];
  shownId.value = left!.id;
  for (const shot of made) work(shot, previews, place);
}

export interface Side {
  readonly shot: Shot;
  readonly title: string;
}

/** The two pictures on the canvas; undefined where one alone is shown. */
export const compared = computed((): readonly [Side, Side] | undefined => {
  const ids = sides.value;
  if (!ids?.includes(shownId.value ?? '')) return undefined;
  const [left, right] = ids.map((id) => shots.value.find((shot) => shot.id === id));
  if (!left || !right) return undefined;
  return [
    { shot: left, title: titles.value[0]! },
    { shot: right, title: titles.value[1]! },
  ];
});

/** The picture that lies there on the canvas, in percent from the left: of two, the one on that side of the divider. */
export function pictureAt(percent: number): Shot | undefined {
  const [left, right] = compared.value ?? [];
  if (!left || !right) return shown.value;
  // Where the right one is not begun yet, the left one is seen.
  return percent > divider.value && right.shot.picture ? right.shot : left.shot;
}

export function endComparison(): void {
  sides.value = undefined;
}
