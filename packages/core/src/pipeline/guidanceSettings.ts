// The numbers that a plugin guides one call of the pipeline by.

import { checkNumber, checkObject, checkWhole } from '../checks/index.js';
import type { GuidanceSettings } from '../plugin/guidance.js';
import { requireSynchronous } from '../plugin/requireSynchronous.js';

const FINITE = { min: -Number.MAX_VALUE, max: Number.MAX_VALUE };

/** What `guidance.settings` gave; throws, naming the plugin and the field, where it is a promise or out of range. */
export function checkGuidanceSettings(plugin: string, given: unknown): GuidanceSettings {
  const title = `plugin ${plugin}: guidance.settings`;
  const { until, strength, repeats, stop } = checkObject(requireSynchronous(given, title), title);
  return {
    until: checkNumber(until, { min: 0, max: 1 }, `${title}.until`),
    strength: isStrengthFunction(strength) ? strength : checkNumber(strength, FINITE, `${title}.strength`),
    repeats: checkWhole(repeats, { min: 1, max: Number.MAX_SAFE_INTEGER }, `${title}.repeats`),
    stop: checkNumber(stop, FINITE, `${title}.stop`),
  };
}

/** The strength of one call; throws as `checkGuidanceSettings` does. */
export function checkStrength(plugin: string, given: unknown): number {
  const title = `plugin ${plugin}: guidance.settings.strength`;
  return checkNumber(requireSynchronous(given, title), FINITE, title);
}

const isStrengthFunction = (
  value: unknown,
): value is Extract<GuidanceSettings['strength'], (...given: never) => number> => typeof value === 'function';
