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
    if (error instanceof InputError) return exitCodes.badInput;
    if (error instanceof UnverifiedError) return exitCodes.unverified;
    if (isProgramFault(error)) io.stderr.write(`${error instanceof Error ? error.stack : ''}\n`);
    return exitCodes.failed;
  }
}
