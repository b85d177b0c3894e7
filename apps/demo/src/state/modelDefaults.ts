// How a model samples by default: settings that the visitor left at one model's go to the next one's.

import { effect } from '@preact/signals';
import type { ModelFacts } from '../worker/protocol.js';
import { facts } from './engine.js';
import { limits, type Settings, standardSettings } from './settings.js';
import { settings } from './studio.js';

export type Defaults = ModelFacts['defaults'];

const keys = ['steps', 'guidanceScale', 'scheduler'] as const;

/** The settings after a model with the defaults `now` was opened where one with `before` was; what was changed by hand stays. */
export function withDefaults(given: Settings, before: Defaults, now: Defaults): Settings {
  const isUntouched = keys.every((key) => given[key] === before[key]);
  if (!isUntouched) return given;
  const { min, max } = limits.guidanceScale;
  const { steps, scheduler } = now;
  return { ...given, steps, scheduler, guidanceScale: Math.min(max, Math.max(min, now.guidanceScale)) };
}

/** Lets the settings follow the model that is open. */
export function followModel(): () => void {
  let before: Defaults = standardSettings;
  return effect(() => {
    const now = facts.value?.defaults;
    if (!now) return;
    settings.value = withDefaults(settings.peek(), before, now);
    before = now;
  });
}
