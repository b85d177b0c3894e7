// The process around a command: its streams, its signals, its exit code.

import { codeOf, fileFault, interruptionSignal } from '@spatiallock/node';
import { exitCodes, oneLine } from './errors.js';
import type { Io } from './io.js';

/**
 * Runs a command on this process's streams and sets its exit code. A reader that goes away (EPIPE) stops nothing and is
 * not reported; an output that cannot be written for another reason, as on a full disk, is one line on stderr and code 1.
 */
export async function asProcess(work: (io: Io) => Promise<number>): Promise<void> {
  const { stdin, stdout, stderr } = process;
  const outputs = [watched(stdout, 'stdout'), watched(stderr, 'stderr')];
  const code = await work({
    cwd: process.cwd(),
    stdin,
    stdout,
    stderr,
    signal: interruptionSignal(),
    progress: stderr.isTTY ? 'bar' : 'lines',
  });
  const faults = (await Promise.all(outputs.map((fault) => fault()))).filter((fault) => fault !== undefined);
  for (const fault of faults) stderr.write(`error: ${oneLine(fault)}\n`);
  process.exitCode = code === exitCodes.done && faults.length > 0 ? exitCodes.failed : code;
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
