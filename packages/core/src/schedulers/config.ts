// Reading single fields of a diffusers scheduler_config.json.

import { showValue } from '../checks/index.js';

/** A parsed scheduler_config.json. */
export type SchedulerConfig = Readonly<Record<string, unknown>>;

export interface NumberRange {
  readonly min: number;
  readonly max: number;
  /** Whole numbers alone. */
  readonly whole?: boolean;
}

/** A number in its range, `fallback` where the field is absent or null. */
export function readNumber(
  config: SchedulerConfig,
  field: string,
  range: NumberRange,
  fallback: number,
): number {
  return readNumberIfAny(config, field, range) ?? fallback;
}

/** A number in its range, undefined where the field is absent or null. */
export function readNumberIfAny(
  config: SchedulerConfig,
  field: string,
  { min, max, whole = false }: NumberRange,
): number | undefined {
  const value = config[field] ?? undefined;
  if (value === undefined) return undefined;
  const fits = typeof value === 'number' && value >= min && value <= max;
  if (fits && (!whole || Number.isInteger(value))) return value;
  throw wrong(field, `a ${whole ? 'whole ' : ''}number of ${min} to ${max}`, value);
}

export function readOption(config: SchedulerConfig, field: string, fallback: boolean): boolean {
  const value = config[field] ?? fallback;
  if (typeof value === 'boolean') return value;
  throw wrong(field, 'true or false', value);
}

/** A list of numbers in their range, or undefined where the field is absent or null. */
export function readNumbers(
  config: SchedulerConfig,
  field: string,
  { min, max, whole = false }: NumberRange,
  most: number,
): readonly number[] | undefined {
  const value = config[field] ?? undefined;
  if (value === undefined) return undefined;
  const fits = (x: unknown) =>
    typeof x === 'number' && x >= min && x <= max && (!whole || Number.isInteger(x));
  if (Array.isArray(value) && value.length <= most && value.every(fits)) return value;
  throw wrong(
    field,
    `a list of up to ${most} ${whole ? 'whole ' : ''}numbers of ${min} to ${max} each`,
    value,
  );
}

export function oneOf<T extends string | number>(
  config: SchedulerConfig,
  field: string,
  known: readonly T[],
  fallback: T,
): T {
  const value = config[field] ?? fallback;
  const found = known.find((name) => name === value);
  if (found === undefined) throw wrong(field, `one of ${known.join(', ')}`, value);
  return found;
}

/** Throws where a field asks for something that is not a linear function of latents and output. */
export function rejectClipping(config: SchedulerConfig): void {
  for (const field of ['clip_sample', 'thresholding']) {
    if (readOption(config, field, false)) {
      throw new Error(`scheduler config: ${field} true is not supported for latents; set ${field} to false`);
    }
  }
}

/** Throws unless `steps` is an integer of 1 .. `most`. */
export function checkSteps(steps: number, most: number): void {
  if (!Number.isInteger(steps) || steps < 1 || steps > most) {
    throw new Error(`steps: must be a whole number of 1 to ${most}, got ${String(steps)}`);
  }
}

function wrong(field: string, wanted: string, value: unknown): Error {
  return new Error(`scheduler config: ${field} must be ${wanted}, got ${showValue(value)}`);
}
