// The process around a command: its streams, its signals, its exit code.

import { codeOf, fileFault, interruptionSignal } from '@spatiallock/node';
import { exitCodes, oneLine } from './errors.js';
import type { Io } from './io.js';

/** After the command's end; what the runtime frees by itself takes less. */
const LEFTOVERS_MS = 1000;

/**
 * Runs a command on this process's streams and sets its exit code. A reader that goes away (EPIPE) stops nothing and is
 * not reported; an output that cannot be written for another reason, as on a full disk, is one line on stderr and code 1.
 * So is work that waits where nothing is left to wait for.
 */
export async function asProcess(work: (io: Io) => Promise<number>): Promise<void> {
  const { stdin, stdout, stderr } = process;
  const stuck = (): void => {
    stderr.write('error: the command waits for a module whose promise never settles; see what it awaits\n');
    process.exit(exitCodes.failed);
  };
  // Nothing is left that could end the work.
  process.once('beforeExit', stuck);
  const outputs = [watched(stdout, 'stdout'), watched(stderr, 'stderr')];
  const code = await work({
    cwd: process.cwd(),
    stdin,
    stdout,
    stderr,
    signal: interruptionSignal(),
    progress: stderr.isTTY ? 'bar' : 'lines',
  });
  process.removeListener('beforeExit', stuck);
  const faults = (await Promise.all(outputs.map((fault) => fault()))).filter((fault) => fault !== undefined);
  for (const fault of faults) stderr.write(`error: ${oneLine(fault)}\n`);
  process.exitCode = code === exitCodes.done && faults.length > 0 ? exitCodes.failed : code;
  // What a module has left running, such as a timer, keeps the process no longer.
  setTimeout(() => process.exit(), LEFTOVERS_MS).unref();
}

/** Listens for the stream's errors; the result waits for all writes and gives the first error that matters. */
function watched(stream: NodeJS.WriteStream, name: string): () => Promise<Error | undefined> {
  let fault: Error | undefined;
  stream.on('error', (cause) => {
    if (codeOf(cause) !== 'EPIPE') fault ??= fileFault(name, 'written', cause);
  });
  return async () => {
    // Writing even an empty text to a full disk fails, so only a stream with something left is waited for.
    await new Promise<void>((resolve) =>
      stream.writableLength > 0 ? stream.write('', () => setImmediate(resolve)) : setImmediate(resolve),
    );
    return fault;
  };
}
