// Starts the process in which tests run, and another one where a mutant makes it hang.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { HostReply, HostRequest } from './hostMessages.js';
import { groupProcessorTime } from './processorTime.js';

export interface HostOptions {
  /** Test files that run at a time. */
  readonly workers: number;
  /** Where instrumented sources' hits are written. */
  readonly hits: string;
}

/** Milliseconds. */
export interface Limit {
  /** On the wall. */
  readonly time: number;
  /** Of the processors, where the system tells; default any. */
  readonly processorTime?: number;
}

export interface Host {
  /** Undefined where the tests did not end within the limit. */
  run(request: HostRequest, limit: Limit): Promise<HostReply | undefined>;
  close(): void;
}

const entry = fileURLToPath(new URL('./host.ts', import.meta.url));

export function testHost(options: HostOptions): Host {
  let child: Promise<ChildProcess> | undefined;
  const close = (): void => {
    const ending = child;
    child = undefined;
    void ending?.then(kill, () => undefined);
  };
  return {
    async run(request, limit) {
      child ??= start(options);
      const reply = await ask(await child, request, limit);
      if (!reply) close();
      return reply;
    },
    close,
  };
}

async function start({ workers, hits }: HostOptions): Promise<ChildProcess> {
  const child = fork(entry, [String(workers), hits], {
    execArgv: ['--import', 'tsx', '--conditions=@spatiallock/source'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // A group of its own: vitest's workers end with it.
    detached: true,
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the process that runs the tests ended with code ${code} before it was ready`);
  });
  await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => undefined);
  return child;
}

/** Ends the process and the workers that it started. */
function kill({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** Milliseconds between two looks at the processor time. */
const LOOK = 1000;

function ask(child: ChildProcess, request: HostRequest, limit: Limit): Promise<HostReply | undefined> {
  const { pid = 0 } = child;
  const { time, processorTime = Number.POSITIVE_INFINITY } = limit;
  const before = groupProcessorTime(pid) ?? 0;
  return new Promise((resolve) => {
    const end = (reply?: HostReply): void => {
      clearTimeout(timer);
      clearInterval(looks);
      child.off('message', end).off('exit', onExit);
      resolve(reply);
    };
    const onExit = (): void => end();
    const look = (): void => {
      if ((groupProcessorTime(pid) ?? 0) - before > processorTime) end();
    };
    const timer = setTimeout(end, time);
    const looks = setInterval(look, LOOK);
    child.once('message', end).once('exit', onExit);
    child.send(request);
  });
}
