// Numbers within a range, flags and functions; every error names the option and what it may be.

import { showValue } from './showValue.js';

export interface NumberRange {
  readonly min: number;
  readonly max: number;
}

/** A finite number within a range, both ends included. */
export function checkNumber(value: unknown, range: NumberRange, path: string): number {
  return inRange(value, range, path, 'a number', Number.isFinite);
}

/** A whole number within a range, both ends included. */
export function checkWhole(value: unknown, range: NumberRange, path: string): number {
  return inRange(value, range, path, 'a whole number', Number.isInteger);
}

/** True or false; throws an error that begins with `path` for anything else. */
export function checkFlag(value: unknown, path: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new Error(`${path}: must be true or false, not ${showValue(value)}`);
}

/** A function, or undefined. */
export function checkCallback(value: unknown, path: string): void {
  if (value !== undefined && typeof value !== 'function') {
    throw new Error(`${path}: must be a function, not ${showValue(value)}`);
  }
}

function inRange(
  value: unknown,
  { min, max }: NumberRange,
  path: string,
  kind: string,
  fits: (value: number) => boolean,
): number {
  if (typeof value === 'number' && fits(value) && value >= min && value <= max) return value;
  throw new Error(`${path}: must be ${kind} in ${min}..${max}, not ${showValue(value)}`);
}
