// Guidance of full scale in a part of the sampling alone.

import { checkKeys, checkNumber, checkObject } from '../checks/index.js';
import type { CallProgress } from '../plugin/progress.js';
import { earlyCalls } from './earlyCalls.js';

/**
 * Guidance of full scale in the calls at high noise alone, which settle where things stand; at low noise a high scale
 * only exaggerates contrast (Kynkäänniemi et al., "Applying guidance in a limited interval", arXiv 2404.07724).
 */
export interface GuidanceInterval {
  /** The interval's end, as a share 0..1 of the calls of the U-Net; at least one call lies in it where above 0. 1: all calls. */
  readonly stop: number;
  /** The largest guidance scale after the interval, 0..1000; at most 1 takes the conditional prediction alone. */
  readonly scaleAfter: number;
}

/** Fields that say an interval. */
interface GuidanceIntervalFields {
  readonly guidanceInterval?: unknown;
  /** Deprecated name of `guidanceInterval`, with `from` for `stop` and `most` for `scaleAfter`. */
  readonly lateGuidance?: unknown;
}

const SHARE = { min: 0, max: 1 };
const SCALE = { min: 0, max: 1000 };

/**
 * Reads `guidanceInterval`, or `lateGuidance` of files that were written before it had that name; undefined where neither is
 * there. Throws an error that begins with `path` and names the field.
 */
export function readGuidanceInterval(
  fields: GuidanceIntervalFields,
  path = '',
): GuidanceInterval | undefined {
  checkObject(fields, 'fields');
  const { guidanceInterval, lateGuidance } = fields;
  if (guidanceInterval !== undefined && lateGuidance !== undefined) {
    throw new Error(`${path}lateGuidance: is the deprecated name of guidanceInterval; leave it out`);
  }
  if (lateGuidance !== undefined) {
    const name = `${path}lateGuidance`;
    const { from, most } = checkKeys(lateGuidance, ['from', 'most'], name);
    return {
      stop: checkNumber(from, SHARE, `${name}.from`),
      scaleAfter: checkNumber(most, SCALE, `${name}.most`),
    };
  }
  return guidanceInterval === undefined ? undefined : checkGuidanceInterval(guidanceInterval, path);
}

/** Throws an error that begins with `path` and names the field, unless it is an interval. */
export function checkGuidanceInterval(given: unknown, path = ''): GuidanceInterval {
  const name = `${path}guidanceInterval`;
  const { stop, scaleAfter } = checkKeys(given, ['stop', 'scaleAfter'], name);
  return {
    stop: checkNumber(stop, SHARE, `${name}.stop`),
    scaleAfter: checkNumber(scaleAfter, SCALE, `${name}.scaleAfter`),
  };
}

/** The guidance scale of each call of the U-Net. */
export function guidanceSchedule({
  guidanceScale,
  guidanceInterval,
}: {
  readonly guidanceScale: number;
  readonly guidanceInterval?: GuidanceInterval;
}): (progress: CallProgress) => number {
  const { stop, scaleAfter } = guidanceInterval ?? { stop: 1, scaleAfter: guidanceScale };
  return ({ stepIndex, calls }) =>
    stepIndex < earlyCalls(stop, calls) ? guidanceScale : Math.min(guidanceScale, scaleAfter);
}
