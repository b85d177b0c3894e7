// Memory of the processes that Chromium starts, from Linux' /proc.

import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessMemory {
  readonly parent: number;
  /** Resident bytes: now, and the most there ever were. */
  readonly resident: number;
  readonly peak: number;
}

export interface BrowserMemory {
  /** The most that one renderer has held. */
  readonly renderer: number;
  /** The most that all processes together held at one moment; pages that they share count in each. */
  readonly all: number;
}

const POLL_MS = 500;

export interface BrowserWatch {
  /** The most so far, in bytes. */
  peaks(): BrowserMemory;
  stop(): void;
}

/** Looks at the processes below this one until it is stopped. */
export function watchBrowser(): BrowserWatch {
  let peaks: BrowserMemory = { renderer: 0, all: 0 };
  const look = (): void => {
    const below = descendants(runningProcesses(), process.pid);
    const renderers = below.filter(({ isRenderer }) => isRenderer).map(({ peak }) => peak);
    const all = below.reduce((sum, { resident }) => sum + resident, 0);
    peaks = { renderer: Math.max(peaks.renderer, ...renderers), all: Math.max(peaks.all, all) };
  };
  const timer = setInterval(look, POLL_MS);
  return {
    peaks() {
      look();
      return peaks;
    },
    stop: () => clearInterval(timer),
  };
}

interface RunningProcess extends ProcessMemory {
  readonly id: number;
  readonly isRenderer: boolean;
}

function runningProcesses(): RunningProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const memory = parseStatus(readFileSync(`/proc/${name}/status`, 'utf8'));
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
        return [{ id: Number(name), isRenderer: command.includes('--type=renderer'), ...memory }];
      } catch {
        // It has ended.
        return [];
      }
    });
}

/** All processes that a process started, and those that these started. */
export function descendants<T extends { readonly id: number; readonly parent: number }>(
  all: readonly T[],
  ancestor: number,
): T[] {
  const children = all.filter(({ parent }) => parent === ancestor);
  return children.flatMap((child) => [child, ...descendants(all, child.id)]);
}

/** Reads /proc/ID/status; kernel threads and ended processes have no memory. See proc_pid_status(5). */
export function parseStatus(status: string): ProcessMemory {
  const number = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return { parent: number('PPid'), resident: 1024 * number('VmRSS'), peak: 1024 * number('VmHWM') };
}
