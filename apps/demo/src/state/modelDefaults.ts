// How a model samples by default: settings that the visitor left at one model's go to the next one's.

import { effect } from '@preact/signals';
import type { ModelFacts } from '../worker/protocol.js';
import { facts } from './engine.js';
import { isUsable, limits, type Settings, standardSettings } from './settings.js';
import { keepHere, keptHere, recordIn } from './storage.js';
import { settings } from './studio.js';

export type Defaults = ModelFacts['defaults'];

const keys = ['steps', 'guidanceScale', 'scheduler'] as const;
const KEY = 'spatiallock.model.defaults';

/** The settings after a model with the defaults `now` was opened where one with `before` was; what was changed by hand stays. */
export function withDefaults(given: Settings, before: Defaults, now: Defaults): Settings {
  const isUntouched = keys.every((key) => given[key] === before[key]);
  if (!isUntouched) return given;
  return { ...given, ...shownOf(now) };
}

/** Defaults as the page can show them. */
function shownOf({ steps, guidanceScale, scheduler }: Defaults): Defaults {
  const { min, max } = limits.guidanceScale;
  return { steps, scheduler, guidanceScale: Math.min(max, Math.max(min, guidanceScale)) };
}

/** The defaults that were kept; the standard settings where they cannot be used. */
export function readDefaults(text: string | undefined): Defaults {
  const given = recordIn(text);
  const isWhole = keys.every((key) => Object.hasOwn(given, key) && isUsable(key, given[key]));
  const { steps, guidanceScale, scheduler } = isWhole ? (given as unknown as Defaults) : standardSettings;
  return { steps, guidanceScale, scheduler };
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
