// What a learning is asked for: its settings, and the job that comes of them.

import type { Layout } from '@spatiallock/core';
import { drawLayout, parseSpecification } from '@spatiallock/data';
import { type Lesson, labelOfName } from '../learning/lessons.js';
import type { LearnJob } from '../learning/protocol.js';
import type { Limits } from './settings.js';
import { recordIn } from './storage.js';

export const learnLimits = {
  steps: { min: 10, max: 2000, step: 10 },
  batch: { min: 1, max: 16, step: 1 },
  rehearsed: { min: 0, max: 64, step: 1 },
} as const satisfies Record<string, Limits>;

export type LearnSettings = Readonly<Record<keyof typeof learnLimits, number>>;

/** As in the documented runs of the command. */
const RATE = 1e-3;

/** What was kept, field by field. */
export function readLearnSettings(text: string | undefined): LearnSettings {
  const standard: LearnSettings = { steps: 400, batch: 8, rehearsed: 64 };
  const given = recordIn(text);
  const entries = Object.entries(learnLimits).map(([key, { min, max }]) => {
    const { [key]: value } = given;
    const isUsable = Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
    return [key, isUsable ? value : standard[key as keyof LearnSettings]];
  });
  return Object.fromEntries(entries) as LearnSettings;
}

/** What the worker is asked for. */
export function jobOf(
  shown: readonly Lesson[],
  { steps, batch, rehearsed }: LearnSettings,
  seed: number,
  labels: readonly string[],
): LearnJob {
  const subjects = shown.map(({ picture, boxes }) => ({
    picture,
    objects: boxes.map(({ phrase, box }) => ({ label: labelOfName(phrase), phrase: phrase.trim(), box })),
  }));
  return { subjects, rehearse: rehearsalLayouts(labels, rehearsed), steps, batch, rate: RATE, seed };
}

/** Layouts of what the built-in detector tells apart: the model knows it. */
function rehearsalLayouts(labels: readonly string[], count: number): readonly Layout[] {
  if (labels.length === 0 || count === 0) return [];
  const specification = parseSpecification({ count, classes: [...labels] });
  return Array.from({ length: count }, (_, i): Layout => {
    const { prompt, objects } = drawLayout(specification, i);
    return { prompt, objects: objects.map(({ phrase, box }) => ({ phrase, box })) };
  });
}
