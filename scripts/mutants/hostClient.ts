// Starts the process in which tests run, and another one where a mutant makes it hang.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { HostReply, HostRequest } from './hostMessages.js';

export interface HostOptions {
  /** Test files that run at a time. */
  readonly workers: number;
  /** Where instrumented sources' hits are written. */
  readonly hits: string;
}

export interface Host {
  /** Undefined where the tests did not end within `limit` milliseconds. */
  run(request: HostRequest, limit: number): Promise<HostReply | undefined>;
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

function ask(child: ChildProcess, request: HostRequest, limit: number): Promise<HostReply | undefined> {
  return new Promise((resolve) => {
    const end = (reply?: HostReply): void => {
      clearTimeout(timer);
      child.off('message', end).off('exit', onExit);
      resolve(reply);
    };
    const onExit = (): void => end();
    const timer = setTimeout(end, limit);
    child.once('message', end).once('exit', onExit);
    child.send(request);
  });
}
