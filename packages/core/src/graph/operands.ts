// Checks of what builders of nodes are given; errors name the op.

import { showValue } from '../checks/showValue.js';
import type { Value } from './value.js';

/** Throws an error that names the op and the operand unless it is a value of a graph. */
export function checkValue(op: string, value: unknown, operand = 'x'): void {
  if (isValue(value)) return;
  throw new Error(`${op}: ${operand} must be a value of a graph, as input() gives, not ${showValue(value)}`);
}

/** Whether it is a value of a graph. */
export const isValue = (value: unknown): value is Value =>
  typeof value === 'object' && value !== null && 'op' in value && 'shape' in value;

/** Throws unless all operands of a node are values of a graph. */
export function checkValues(op: string, values: readonly Value[]): void {
  values.forEach((value, i) => void checkValue(op, value, values.length === 1 ? 'x' : `operand ${i + 1}`));
}

/** Throws unless it is a list of whole numbers, such as a shape, axes or places. */
export function checkWholes(op: string, given: unknown, name: string): void {
  if (Array.isArray(given) && given.every((n) => Number.isInteger(n))) return;
  throw new Error(`${op}: ${name} must be a list of whole numbers, not ${showValue(given)}`);
}
