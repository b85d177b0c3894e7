// What callers may set, and what stands where they set nothing.

import type { GuidanceEvent } from '@spatiallock/core';
import { checkCallback, checkKeys, checkNumber, checkWhole, showValue } from '@spatiallock/core/checks';

/** `layout`: layout guidance (arXiv 2304.03373, backward guidance). `boxdiff`: BoxDiff (arXiv 2307.10816). */
export type Method = 'layout' | 'boxdiff';

/**
 * What may differ from call to call: `generate(layout, { plugins: { attentionGuidance: { lossScale: 10 } } })`. Names are
 * those of the methods' public code.
 */
export interface AttentionGuidanceCallOptions {
  /**
   * What the gradient is multiplied by, 0..1e6; 0 switches the guidance off. Default 30 for `layout`, where (1 - alphaCumprod)
   * is multiplied too, and 20 for `boxdiff`, where it falls with the calls to sqrt(1/2) of that.
   */
  readonly lossScale?: number;
  /** A picture whose loss is at most this is not moved, 0..1e6. Default 0.2 for `layout`, 0 for `boxdiff`. */
  readonly lossThreshold?: number;
  /** The most moves before one call, 1..100; each costs a forward and a backward pass. Default 5 and 1. */
  readonly maxIter?: number;
  /** The share of the calls, from the first, before which latents move, 0..1. Default 0.2 and 0.5. */
  readonly until?: number;
  /** `boxdiff` alone: the share of the cells inside and outside of a box that count, those with most attention, 0..1. Default 0.2. */
  readonly P?: number;
  /** `boxdiff` alone: cells to both sides of a box's edge that the corner constraint reads, 0..64. Default 1. */
  readonly L?: number;
}

/** Options of `attentionGuidance`: the method, which maps are read, and defaults for the options of a call. */
export interface AttentionGuidanceOptions extends AttentionGuidanceCallOptions {
  /** Default `layout`. */
  readonly method?: Method;
  /**
   * Sides of the attention maps that are read, at the size that the model was trained on: [16] for Stable Diffusion 1's
   * 16 x 16 maps. Default for `layout` the mid block and the coarsest grid of the second half, for `boxdiff` that grid in
   * both halves: 8 and 16, and 16.
   */
  readonly attentionRes?: readonly number[];
  /** Gets the losses before each move. */
  readonly onMove?: (event: GuidanceEvent) => void;
}

export type Settings = Required<AttentionGuidanceCallOptions>;

const DEFAULTS: Readonly<Record<Method, Settings>> = {
  layout: { lossScale: 30, lossThreshold: 0.2, maxIter: 5, until: 0.2, P: 0.2, L: 1 },
  boxdiff: { lossScale: 20, lossThreshold: 0, maxIter: 1, until: 0.5, P: 0.2, L: 1 },
};
const LARGE = { min: 0, max: 1e6 };
const SHARE = { min: 0, max: 1 };
const CHECKS: { readonly [name in keyof Settings]: (given: unknown, path: string) => number } = {
  lossScale: (given, path) => checkNumber(given, LARGE, path),
  lossThreshold: (given, path) => checkNumber(given, LARGE, path),
  maxIter: (given, path) => checkWhole(given, { min: 1, max: 100 }, path),
  until: (given, path) => checkNumber(given, SHARE, path),
  P: (given, path) => checkNumber(given, SHARE, path),
  L: (given, path) => checkWhole(given, { min: 0, max: 64 }, path),
};
const CALL_OPTIONS = Object.keys(CHECKS) as (keyof Settings)[];
const BOXDIFF_ONLY: readonly string[] = ['P', 'L'];
const RESOLUTION = { min: 1, max: 1024 };

/** What was read of the options that are fixed when the plugin is made. */
export interface ParsedOptions extends Pick<AttentionGuidanceOptions, 'attentionRes' | 'onMove'> {
  readonly method: Method;
  /** What stands where a call sets nothing. */
  readonly settings: Settings;
}

/** Throws an error that names the option which is not known or cannot be used. */
export function parseOptions(given: AttentionGuidanceOptions): ParsedOptions {
  const path = 'attentionGuidance';
  checkKeys(given, ['method', 'attentionRes', 'onMove', ...CALL_OPTIONS], path);
  const { method = 'layout', attentionRes, onMove, ...numbers } = given;
  if (method !== 'layout' && method !== 'boxdiff') {
    throw new Error(`${path}.method: must be layout or boxdiff, not ${showValue(method)}`);
  }
  checkCallback(onMove, `${path}.onMove`);
  checkResolutions(attentionRes, `${path}.attentionRes`);
  const settings = parseCallOptions(numbers, method, DEFAULTS[method], path);
  return { method, settings, attentionRes, onMove };
}

/** The settings of one call; throws an error that begins with `path`. */
export function parseCallOptions(given: unknown, method: Method, settings: Settings, path: string): Settings {
  const options = checkKeys(given ?? {}, CALL_OPTIONS, path);
  const changed = CALL_OPTIONS.flatMap((name) => {
    if (options[name] === undefined) return [];
    if (method === 'layout' && BOXDIFF_ONLY.includes(name)) {
      throw new Error(`${path}.${name}: counts for the method boxdiff alone; leave it out`);
    }
    return [[name, CHECKS[name](options[name], `${path}.${name}`)]];
  });
  return { ...settings, ...Object.fromEntries(changed) };
}

function checkResolutions(given: unknown, path: string): void {
  if (given === undefined) return;
  if (!Array.isArray(given) || given.length === 0) {
    throw new Error(`${path}: must be a list of sides such as [16], not ${showValue(given)}`);
  }
  given.forEach((side: unknown, i) => {
    checkWhole(side, RESOLUTION, `${path}[${i}]`);
  });
}
