// One process at a time works in a folder.

import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryName, writeSynced } from './atomicFile.js';
import { checkPath } from './checkPath.js';
import { codeOf, fileFault, isWithoutLinks } from './fileFault.js';
import { isRunning } from './processes.js';

const LOCK = 'lock.json';
/** Milliseconds in which a lock that is being written is complete. */
const WRITTEN_WITHIN = 250;
/** Milliseconds between two attempts at a lock that another process holds. */
const POLL = 500;
/** Milliseconds after which the lock of another machine is given up: nobody here sees whether its process still runs. */
const LONGEST_WAIT = 600_000;

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
  const taken = await takeFolder(folder);
  if (typeof taken === 'function') return taken;
  throw heldFault(folder, taken);
}

/** What is done while another process holds a folder. */
export interface LockWait {
  /** Waits between two attempts; rejects to give up. */
  wait(milliseconds: number): Promise<void>;
  /** Called once, with a name of the process that holds the folder, before the first wait. */
  onWait(holder: string): void;
}

/**
 * As `lockFolder`, but waits for a process that holds the folder: as long as it runs on this machine, and ten minutes for
 * one of another machine.
 */
export async function lockFolderWhenFree(folder: string, { wait, onWait }: LockWait): Promise<Unlock> {
  for (let waited = 0; ; waited += POLL) {
    const taken = await takeFolder(folder);
    if (typeof taken === 'function') return taken;
    if (waited >= LONGEST_WAIT && taken.host !== hostname()) throw heldFault(folder, taken);
    if (waited === 0) onWait(nameOf(taken));
    await wait(POLL);
  }
}

/** Rejects where another process works in the folder; changes nothing. */
export async function requireUnlocked(folder: string): Promise<void> {
  checkPath(folder, 'folder', 'the path of a folder');
  const text = await lockText(join(folder, LOCK));
  const holder = text === undefined ? undefined : await holderOf(text);
  if (holder) throw heldFault(folder, holder);
}

/** Whether a file in a folder is its lock. */
export const isLock = (name: string): boolean => name === LOCK;

/** Takes the folder, or tells who holds it. */
async function takeFolder(folder: string): Promise<Unlock | Holder> {
  checkPath(folder, 'folder', 'the path of a folder');
  const path = join(folder, LOCK);
  const own = JSON.stringify(await thisProcess());
  while (!(await created(path, own))) {
    const text = await lockText(path);
    if (text === undefined) continue; // Given free in between.
    const holder = await holderOf(text);
    if (holder) return holder;
    await removeStale(path, text);
  }
  return async () => {
    if ((await readIfAny(path)) === own) await rm(path, { force: true });
  };
}

const nameOf = ({ pid, host }: Holder): string =>
  host === hostname() ? `process ${pid}` : `process ${pid} on ${host}`;

const heldFault = (folder: string, holder: Holder): Error =>
  new Error(
    `${folder}: ${nameOf(holder)} is working in it; wait for it or stop it, or, if it is no longer running, remove ${join(folder, LOCK)}`,
  );

/** Complete from the moment it is there: nobody may take a lock that is being written for one that a kill cut short. */
async function created(path: string, content: string): Promise<boolean> {
  const temporary = temporaryName(path);
  try {
    await writeFile(temporary, content, { flag: 'wx' });
    await link(temporary, path).catch(async (cause: unknown) => {
      if (!isWithoutLinks(cause)) throw cause;
      await createInPlace(path, content);
    });
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false;
    throw fileFault(path, 'written', cause);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** For file systems without hard links, such as exFAT. The lock is empty for a moment, see `lockText`. */
async function createInPlace(path: string, content: string): Promise<void> {
  try {
    await writeSynced(path, content);
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') await rm(path, { force: true });
    throw cause;
  }
}

/** The content of a lock. One that is incomplete may be about to be written, and is read again. */
async function lockText(path: string): Promise<string | undefined> {
  const text = await readIfAny(path);
  if (text === undefined || parseHolder(text)) return text;
  await sleep(WRITTEN_WITHIN);
  return readIfAny(path);
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
function parseHolder(text: string): Holder | undefined {
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

/** Who holds a lock; undefined where that process has ended. */
async function holderOf(text: string): Promise<Holder | undefined> {
  const holder = parseHolder(text);
  if (!holder) return undefined;
  // Nobody here can look at processes of another machine.
  if (holder.host !== hostname()) return holder;
  const runs = isRunning(holder.pid) && (await beganAt(holder.pid)) === holder.began;
  return runs ? holder : undefined;
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
