// How a command ends: one line of error and the exit code that fits it.

import {
  exitCodes,
  InputError,
  Interruption,
  isAbort,
  isProgramFault,
  oneLine,
  UnverifiedError,
} from './errors.js';
import type { Io } from './io.js';

/** Does the work; tells on stderr what stopped it and, after Ctrl-C, what was kept; gives the exit code. */
export async function exitCodeOf(
  work: () => Promise<void>,
  io: Io,
  kept = 'nothing was written',
): Promise<number> {
  try {
    await work();
    return exitCodes.done;
  } catch (error) {
    if (isAbort(error)) {
      io.stderr.write(`interrupted: ${error instanceof Interruption ? error.message : kept}\n`);
      return exitCodes.interrupted;
    }
    const details = error instanceof InputError ? error.details : [];
    for (const line of [...details, error]) io.stderr.write(`error: ${oneLine(line)}\n`);
    // A plugin that reads what a user named puts its own name before the message.
    if ([error, causeOf(error)].some((each) => each instanceof InputError)) return exitCodes.badInput;
    if (error instanceof UnverifiedError) return exitCodes.unverified;
    if (isProgramFault(error)) io.stderr.write(`${stacksOf(error)}\n`);
    return exitCodes.failed;
  }
}

const causeOf = (error: unknown): unknown => (error instanceof Error ? error.cause : undefined);

/** Where an error was made, and where what caused it. */
const stacksOf = (error: unknown): string =>
  [error, causeOf(error)].flatMap((each) => (each instanceof Error ? [each.stack] : [])).join('\ncaused by ');
