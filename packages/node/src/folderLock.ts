// One process at a time works in a folder.

import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { temporaryName } from './atomicFile.js';
import { checkPath } from './checkPath.js';
import { codeOf, fileFault } from './fileFault.js';
import { isRunning } from './processes.js';

const LOCK = 'lock.json';

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, as its system tells it: numbers of processes are used again. */
  readonly began: string;
}

/** Gives the folder free again. */
export type Unlock = () => Promise<void>;

/**
 * Takes a folder for this process, by a file `lock.json` in it. Rejects, naming the other process, where one that still
 * runs holds it; takes the lock of a process that has ended over.
 */
export async function lockFolder(folder: string): Promise<Unlock> {
  checkPath(folder, 'folder', 'the path of a folder');
  const path = join(folder, LOCK);
  const own = JSON.stringify(await thisProcess());
  while (!(await created(path, own))) {
    const text = await readIfAny(path);
    if (text === undefined) continue; // Given free in between.
    refuseHolder(folder, text, await isHeld(text));
    await removeStale(path, text);
  }
  return async () => {
    if ((await readIfAny(path)) === own) await rm(path, { force: true });
  };
}

/** Rejects where another process works in the folder; changes nothing. */
export async function requireUnlocked(folder: string): Promise<void> {
  checkPath(folder, 'folder', 'the path of a folder');
  const text = await readIfAny(join(folder, LOCK));
  if (text !== undefined) refuseHolder(folder, text, await isHeld(text));
}

/** Whether a file in a folder is its lock. */
export const isLock = (name: string): boolean => name === LOCK;

function refuseHolder(folder: string, text: string, held: boolean): void {
  if (!held) return;
  const { pid, host } = holderIn(text)!;
  const who = host === hostname() ? `process ${pid}` : `process ${pid} on ${host}`;
  throw new Error(
    `${folder}: ${who} is working in it; wait for it or stop it, or, if it is no longer running, remove ${join(folder, LOCK)}`,
  );
}

/** Complete from the moment it is there: nobody may take a lock that is being written for one that a kill cut short. */
async function created(path: string, content: string): Promise<boolean> {
  const temporary = temporaryName(path);
  try {
    await writeFile(temporary, content, { flag: 'wx' });
    await link(temporary, path);
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false;
    throw fileFault(path, 'written', cause);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** A stale lock is moved away first: of two processes that find it, one alone gets it. */
async function removeStale(path: string, text: string): Promise<void> {
  const aside = temporaryName(path);
  try {
    await rename(path, aside);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return;
    throw fileFault(path, 'written', cause);
  }
  // Another process may have taken the lock over since it was read.
  if ((await readIfAny(aside)) === text) await rm(aside, { force: true });
  else await rename(aside, path);
}

/** A lock that a kill cut short holds nothing. */
function holderIn(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, host, began } = value as Partial<Holder>;
    return Number.isInteger(pid) && typeof host === 'string' && typeof began === 'string'
      ? { pid: pid!, host, began }
      : undefined;
  } catch {
    return undefined;
  }
}

async function isHeld(text: string): Promise<boolean> {
  const holder = holderIn(text);
  if (!holder) return false;
  // Nobody here can look at processes of another machine.
  if (holder.host !== hostname()) return true;
  return isRunning(holder.pid) && (await beganAt(holder.pid)) === holder.began;
}

async function thisProcess(): Promise<Holder> {
  return { pid: process.pid, host: hostname(), began: await beganAt(process.pid) };
}

/**
 * Ticks from the start of the system to that of the process, and which start that was; empty where nothing tells, and
 * where the process has ended and only its parent has not noticed.
 */
async function beganAt(pid: number): Promise<string> {
  const stat = await readIfAny(`/proc/${pid}/stat`);
  if (stat === undefined) return '';
  const boot = (await readIfAny('/proc/sys/kernel/random/boot_id')) ?? '';
  // The fields stand behind the command's name, which may hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? '' : `${boot.trim()} ${fields[19] ?? ''}`;
}

async function readIfAny(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw fileFault(path, 'read', cause);
  });
}
