// What is fuzzed: how inputs are made, what reads them, and what must hold of an input that is accepted.

import type { Arbitrary } from 'fast-check';

export interface Target<T = unknown> {
  readonly name: string;
  /** Its part of all inputs, beside that of the other targets. */
  readonly share: number;
  readonly inputs: Arbitrary<T>;
  /**
   * Reads an input. Throws an `Error` where it is refused, and a `Violation` where it is accepted though it should not
   * be, or gives what it should not.
   */
  readonly read: (input: T) => void | Promise<void>;
  /** What the message of a refusal must name: a field or a file. */
  readonly names: RegExp;
}

/** An input that was accepted wrongly, or read wrongly. */
export class Violation extends Error {}

/** Throws a Violation unless the condition holds. */
export function must(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Violation(message);
}

/** Hides the type of the inputs, so that targets of all types stand in one list. */
export const targetOf = <T>(target: Target<T>): Target => target as unknown as Target;
