// The Python process: requests in, answers in the same order, and a clear end for all that wait when it dies.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DeviceError } from '@spatiallock/core';
import { deviceLost } from '@spatiallock/core/backend';
import { type Frame, frameReader } from './frames.js';
import { openInbox } from './inbox.js';

export interface WorkerOptions {
  /** How errors call the device. */
  readonly device: string;
  readonly python: string;
  /** Path of worker.py. */
  readonly script: string;
  /** Receives every line that Python writes to its standard error. */
  readonly onLine?: (line: string) => void;
}

export interface Worker {
  /** Sends a message with the bytes of `parts`; they must stay as they are until the answer has come. */
  request(message: object, parts?: readonly Uint8Array[]): Promise<Frame>;
  kill(): void;
}

interface Waiting {
  resolve(frame: Frame): void;
  reject(cause: Error): void;
}

/** Lines of standard error that an error tells of. */
const TAIL = 12;
/** Messages from this size on, in bytes, go through the inbox, one at a time. */
const LARGE = 2 ** 20;

export function startWorker({ device, python, script, onLine }: WorkerOptions): Worker {
  const inbox = openInbox();
  const stdio = ['pipe', 'pipe', 'pipe', ...(inbox ? [inbox.fd] : [])] as const;
  const child = spawn(python, ['-u', script], { stdio: [...stdio] }) as ChildProcessWithoutNullStreams;
  const waiting = new Map<number, Waiting>();
  const tail: string[] = [];
  let ended: Error | undefined;
  let count = 0;
  /** The message that the inbox holds. */
  let inInbox: number | undefined;

  const end = (cause: Error): void => {
    if (!ended) inbox?.close();
    ended ??= cause;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
    hold(child, false);
  };
  const take = (frame: Frame): void => {
    const { id, error, traceback } = frame.header;
    const task = waiting.get(id);
    waiting.delete(id);
    if (inInbox === id) inInbox = undefined;
    if (waiting.size === 0) hold(child, false);
    if (error === undefined) task?.resolve(frame);
    else task?.reject(failure(device, error, traceback));
  };

  child.stdout.on('data', frameReader(take));
  createInterface({ input: child.stderr }).on('line', (line) => {
    tail.push(line);
    if (tail.length > TAIL) tail.shift();
    onLine?.(line);
  });
  // What cannot be written is reported by the end of the process.
  child.stdin.on('error', () => {});
  child.on('error', (cause) => end(notStarted(device, python, cause)));
  child.on('close', (code, signal) => {
    const how = signal ? `by signal ${signal}` : `with code ${code}`;
    const said = tail.length > 0 ? `; its last lines were:\n${tail.join('\n')}\n` : '';
    end(deviceLost(device, `its Python process ended ${how}${said}`));
  });
  hold(child, false);

  return {
    request(message, parts = []) {
      if (ended) return Promise.reject(ended);
      const id = count++;
      const bytes = parts.reduce((total, part) => total + part.length, 0);
      const answer = new Promise<Frame>((resolve, reject) => waiting.set(id, { resolve, reject }));
      hold(child, true);
      const throughInbox = bytes >= LARGE && inInbox === undefined && (inbox?.put(parts) ?? false);
      if (throughInbox) inInbox = id;
      child.stdin.cork();
      child.stdin.write(`${JSON.stringify({ id, bytes, inbox: throughInbox, ...message })}\n`);
      if (!throughInbox) for (const part of parts) if (part.length > 0) child.stdin.write(part);
      child.stdin.uncork();
      return answer;
    },
    kill() {
      end(new Error(`${device}: the backend was disposed of`));
      child.kill('SIGKILL');
    },
  };
}

/** After an error of CUDA itself, such as an index outside of a table, the process can compute no more. */
function failure(device: string, error: string, traceback: string | undefined): Error {
  const cause = new Error(traceback);
  return /CUDA error/.test(error) && !/out of memory/.test(error)
    ? deviceLost(device, error, cause)
    : new Error(`${device}: ${error}`, { cause });
}

/** A process that nobody waits for does not keep Node running; it ends when its standard input closes. */
function hold(child: ChildProcessWithoutNullStreams, held: boolean): void {
  const change = held ? 'ref' : 'unref';
  child[change]();
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    // Pipes of child processes are sockets, which the types do not say.
    (stream as unknown as Partial<Record<'ref' | 'unref', () => void>>)[change]?.();
  }
}

function notStarted(device: string, python: string, cause: Error): DeviceError {
  return new DeviceError({
    device,
    reason: 'unavailable',
    problem: `${python} could not be started`,
    advice: 'Install Python 3 with PyTorch, or name its interpreter with the option `python`.',
    cause,
  });
}
