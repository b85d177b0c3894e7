// Which scheduler is meant where a call, a model's spatiallock.json and its index may each name one.

import { showValue } from '../checks/index.js';
import { isJsonObject } from '../io/text.js';
import type { SchedulerConfig } from '../schedulers/index.js';

/** A name, or settings over those of the model's config. */
export type SchedulerChoice = string | SchedulerConfig;

/** Throws an error that begins with `path` where a scheduler is neither a name nor settings. */
export function checkScheduler(scheduler: unknown, path = ''): SchedulerChoice {
  if (typeof scheduler === 'string') return scheduler;
  if (isJsonObject(scheduler)) return scheduler;
  throw new Error(`${path}scheduler: must be a name or an object with settings, not ${showValue(scheduler)}`);
}

/**
 * The scheduler that is given, else the usual one. Settings without a `_class_name` are those of the usual scheduler, and
 * go over its own settings where it has some.
 */
export function chosenScheduler(
  given: SchedulerChoice | undefined,
  usual: SchedulerChoice | undefined,
): SchedulerChoice | undefined {
  if (given === undefined || usual === undefined) return given ?? usual;
  if (typeof given === 'string' || (given._class_name ?? undefined) !== undefined) return given;
  if (typeof usual === 'string') return { ...given, _class_name: usual };
  return { ...usual, ...given, _class_name: usual._class_name };
}
