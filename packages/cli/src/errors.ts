// What the command says when it cannot do what was asked.

import { messageOf } from '@spatiallock/core';

/** A fault in what the user gave: one line that names the field and how to fix it; the command ends with code 2. */
export class InputError extends Error {
  override readonly name = 'InputError';
  /** Faults that are printed before the message, a line each. */
  readonly details: readonly string[];

  constructor(message: string, { details = [], ...options }: InputErrorOptions = {}) {
    super(message, options);
    this.details = details;
  }
}

interface InputErrorOptions extends ErrorOptions {
  readonly details?: readonly string[];
}

/** Ctrl-C in work that may go on later; the message tells what was kept. */
export class Interruption extends Error {
  override readonly name = 'AbortError';
}

/** Does work that may be interrupted; Ctrl-C in it tells what was kept. */
export async function keeping<T>(kept: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw isAbort(cause) && !(cause instanceof Interruption) ? new Interruption(kept, { cause }) : cause;
  }
}

/** The files are written, but fall short of what --verify asked of them; the command ends with code 3. */
export class UnverifiedError extends Error {
  override readonly name = 'UnverifiedError';
}

/** Ends of the command, as the process reports them. */
export const exitCodes = { done: 0, failed: 1, badInput: 2, unverified: 3, interrupted: 130 } as const;

/** Throws an InputError that has a line for each of these faults, and what may be done about them. */
export function refuseFaults(
  prefix: string,
  faults: readonly string[],
  advice = 'nothing was painted',
  cause?: unknown,
): void {
  if (faults.length === 0) return;
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  throw new InputError(`${prefix}has ${count}, see above; ${advice}`, { details: faults, cause });
}

/** The message of anything thrown, on one line. */
export function oneLine(error: unknown): string {
  const text = messageOf(error);
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

/** Whether an error tells of a fault in this program rather than in what it was given. */
export function isProgramFault(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError;
}

/** Runs a step that reads the user's input: what it throws becomes an InputError, `prefix` before its message. */
export async function reading<T>(step: () => Promise<T> | T, prefix = ''): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw inputErrorOf(error, prefix);
  }
}

/** `reading`, for a step that returns its result at once. */
export function readingNow<T>(step: () => T, prefix = ''): T {
  try {
    return step();
  } catch (error) {
    throw inputErrorOf(error, prefix);
  }
}

/** Faults of this program and aborts stay what they are. */
function inputErrorOf(error: unknown, prefix: string): unknown {
  if (error instanceof InputError || isProgramFault(error) || isAbort(error)) return error;
  return new InputError(prefix + oneLine(error), { cause: error });
}

/** Whether an error is an abort, or was caused by one: who reads a file puts its name before it. */
export function isAbort(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'AbortError' || isAbort(error.cause);
}
