// How a model samples by default: settings that the visitor left at one model's go to the next one's.

import { effect } from '@preact/signals';
import type { ModelFacts } from '../worker/protocol.js';
import { facts } from './engine.js';
import { isUsable, limits, type Settings, standardSettings } from './settings.js';
import { keepHere, keptHere, recordIn } from './storage.js';
import { settings } from './studio.js';

export type Defaults = ModelFacts['defaults'];

const keys = ['steps', 'guidanceScale', 'scheduler', 'details'] as const;
const KEY = 'spatiallock.model.defaults';

/** The settings after a model with the defaults `now` was opened where one with `before` was; what was changed by hand stays. */
export function withDefaults(given: Settings, before: Defaults, now: Defaults): Settings {
  const isUntouched = keys.every((key) => given[key] === before[key]);
  if (!isUntouched) return given;
  return { ...given, ...shownOf(now) };
}

/** Defaults as the page can show them. */
const shownOf = ({ steps, guidanceScale, scheduler, details }: Defaults): Defaults => ({
  ...{ steps, scheduler },
  guidanceScale: within('guidanceScale', guidanceScale),
  details: within('details', details),
});

function within(key: 'guidanceScale' | 'details', value: number): number {
  const { min, max } = limits[key];
  return Math.min(max, Math.max(min, value));
}

/** The defaults that were kept; the standard settings where they cannot be used. Earlier versions of the page kept no details. */
export function readDefaults(text: string | undefined): Defaults {
  const given: Readonly<Record<string, unknown>> = { details: standardSettings.details, ...recordIn(text) };
  const isWhole = keys.every((key) => Object.hasOwn(given, key) && isUsable(key, given[key]));
  const usable = isWhole ? (given as unknown as Defaults) : standardSettings;
  const { steps, guidanceScale, scheduler, details } = usable;
  return { steps, guidanceScale, scheduler, details };
}

/** Lets the settings follow the model that is open, from that of this tab's earlier visit on. */
export function followModel(): () => void {
  let before = readDefaults(keptHere(KEY));
  return effect(() => {
    const now = facts.value?.defaults;
    if (!now) return;
    settings.value = withDefaults(settings.peek(), before, now);
    before = shownOf(now);
    keepHere(KEY, JSON.stringify(before));
  });
}
