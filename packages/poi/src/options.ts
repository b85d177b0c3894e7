// What may be set about PoI, once and for each call.

import { checkFlag, checkKeys, checkNumber, showValue } from '@spatiallock/core/checks';

/** What may differ from call to call: `generate(layout, { plugins: { poi: { strength: 0.5 } } })`. */
export interface PoiCallOptions {
  /** How strongly objects are held to their boxes, 0..10: 1 as trained, 0 off. */
  readonly strength?: number;
  /**
   * Scheduled sampling: the share of the calls, from the first, in which PoI acts, 0..1; at least one call where it is
   * above 0. Default 1 where the checkpoint has object-relative injection, 0.3 where it has not (GLIGEN's own setting).
   */
  readonly until?: number;
  /** Replaces every object by the learned null: what remains is the caption. For ablations. */
  readonly nullTokens?: boolean;
}

/** Options of `poi`. */
export interface PoiOptions extends PoiCallOptions {
  /** Gated attention (GLIGEN's layer); default true. False is for ablations. */
  readonly attention?: boolean;
  /**
   * Where gated attention stands. `sequential`, GLIGEN's place and the default: cross-attention reads what it gives.
   * `parallel`: both read the output of self-attention, and what it adds joins after cross-attention (ReGround,
   * arXiv 2403.13589, section 4). Needs no other weights, though they fit one place better than the other.
   */
  readonly placement?: 'sequential' | 'parallel';
  /** Object-relative injection; default: if the checkpoint has it, or has no grounding at all, as before training. */
  readonly injection?: boolean;
}

const PLACEMENTS = ['sequential', 'parallel'];
export const CALL_OPTIONS = ['strength', 'until', 'nullTokens'];

/** The options that are given, without those that are undefined. */
export function checkCallOptions(
  given: unknown = {},
  known: readonly string[],
  path: string,
): PoiCallOptions {
  const options = checkKeys(given, known, path);
  const { strength, until, nullTokens } = options;
  if (strength !== undefined) checkNumber(strength, { min: 0, max: 10 }, `${path}.strength`);
  if (until !== undefined) checkNumber(until, { min: 0, max: 1 }, `${path}.until`);
  if (nullTokens !== undefined) checkFlag(nullTokens, `${path}.nullTokens`);
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

export function checkOptions(options: PoiOptions): void {
  checkCallOptions(options, [...CALL_OPTIONS, 'attention', 'placement', 'injection'], 'poi');
  const { placement, attention, injection } = options;
  if (placement !== undefined && !PLACEMENTS.some((known) => known === placement)) {
    throw new Error(`poi.placement: must be one of ${PLACEMENTS.join(', ')}, not ${showValue(placement)}`);
  }
  for (const [name, value] of Object.entries({ attention, injection })) {
    if (value !== undefined) checkFlag(value, `poi.${name}`);
  }
}
