// The folder of a fine-tuned model: `training/` in it holds what resuming needs.

import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { messageOf } from '@spatiallock/core';
import { checkText } from '@spatiallock/core/checks';
import { type JsonObject, parseJsonObject } from '@spatiallock/core/io';
import {
  codeOf,
  createFolderAtomically,
  fileFault,
  isDirectory,
  isLock,
  isTemporary,
  lockFolder,
  makeFolder,
  readTextFile,
  removeTemporaries,
  requireUnlocked,
  type Unlock,
  writeFileAtomically,
} from '@spatiallock/node';
import { defaultFineTuneSettings } from './settings.js';

/** The folder in a model directory that holds state, log and settings of its training. */
export const TRAINING_FOLDER = 'training';

const SETTINGS = 'settings.json';

/**
 * Whether a training with these settings began here already; more steps than before are the same training. Rejects where
 * the folder holds another training or anything else, and where another process works in it.
 */
export async function requireOwnFolder(out: string, settings: JsonObject): Promise<boolean> {
  const folder = join(out, TRAINING_FOLDER);
  const before = await readSettings(folder);
  if (before === undefined) {
    const foreign = [...(await foreignNames(out, [TRAINING_FOLDER])), ...(await foreignNames(folder, []))];
    if (foreign.length === 0) return false;
    throw new Error(`out: ${out} holds files of another kind, such as ${foreign[0]}; choose a new folder`);
  }
  await requireUnlocked(folder);
  requireSame(out, before, settings);
  return true;
}

/** Names in a folder, if there is one, that no killed training left. */
async function foreignNames(folder: string, own: readonly string[]): Promise<string[]> {
  const there = (await isDirectory(folder)) ? await readdir(folder) : [];
  return there.filter((name) => !isTemporary(name) && !isLock(name) && !own.includes(name));
}

/** Undefined where there are none; rejects, naming the file, where they are damaged. */
async function readSettings(folder: string): Promise<JsonObject | undefined> {
  const path = join(folder, SETTINGS);
  const text = await readTextFile(path).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') return undefined;
    throw cause;
  });
  if (text === undefined) return undefined;
  try {
    return parseJsonObject(text, path);
  } catch (cause) {
    const remedy = `restore it, or remove ${folder} to begin the training anew`;
    throw new Error(`${text.trim() === '' ? `${path} is empty` : messageOf(cause)}; ${remedy}`, { cause });
  }
}

function requireSame(out: string, before: JsonObject, settings: JsonObject): void {
  const other = Object.keys({ ...before, ...settings }).find(
    (key) => !goesOn(key, before[key], settings[key]),
  );
  if (other === undefined) return;
  if (other === 'data') {
    throw new Error(
      `out: ${out} holds a training with other pictures, boxes, captions or layouts to rehearse; choose a new folder, or go on with those`,
    );
  }
  if (other === 'baseWeights') {
    throw new Error(
      `out: ${out} holds a training of a base with other weights; choose a new folder, or go on with those`,
    );
  }
  const [was, is] = [before[other], settings[other]].map((value) => JSON.stringify(value ?? undefined));
  const difference =
    is === undefined ? `${other} ${was}, which is not given now` : `${other} ${was ?? 'not set'}, not ${is}`;
  throw new Error(
    `out: ${out} holds a training with ${difference}; choose a new folder, or go on with the old setting`,
  );
}

/** Rejects with an error that begins with `title` where a folder cannot be made, because a file stands there or above. */
export async function requireFolderPlace(path: string, title: string): Promise<void> {
  checkText(path, title, 'the path of a folder');
  checkText(title, 'title');
  for (let place = resolve(path); ; place = dirname(place)) {
    const found = await stat(place).catch(() => undefined);
    if (found?.isDirectory() || place === dirname(place)) return;
    if (found) throw new Error(`${title}: ${place} is a file, and no folder; choose a new folder`);
  }
}

/**
 * Rejects where `out` is the base, lies inside of it or holds it, through links too: the base would be written over, or copied into
 * itself without end. Errors call both by their titles.
 */
export async function requireApart(
  out: string,
  base: string,
  outTitle = 'out',
  baseTitle = 'base',
): Promise<void> {
  checkText(outTitle, 'outTitle');
  checkText(baseTitle, 'baseTitle');
  checkText(out, outTitle, 'the path of a folder');
  checkText(base, baseTitle, 'the path of a model');
  const [place, model] = await Promise.all([realPlace(out), realPlace(base)]);
  const how =
    place === model
      ? 'is the same as'
      : isInside(place, model)
        ? 'lies inside of'
        : isInside(model, place)
          ? 'holds'
          : undefined;
  if (how === undefined) return;
  throw new Error(`${outTitle}: ${out} ${how} ${baseTitle}, ${base}; choose a new folder outside of it`);
}

const isInside = (path: string, folder: string): boolean =>
  path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);

/** The path without links, as far as it is there. */
async function realPlace(path: string): Promise<string> {
  const whole = resolve(path);
  try {
    return await realpath(whole);
  } catch (cause) {
    const above = dirname(whole);
    if (above === whole) throw fileFault(whole, 'read', cause);
    return join(await realPlace(above), basename(whole));
  }
}

/** What earlier versions did not note: whatever is given now goes on. */
const NOTED_SINCE: readonly string[] = [
  ...['save', 'prediction', 'config', 'tokenizer', 'variant', 'revision'],
  ...['embeddingTokens', 'baseWeights'],
];

/**
 * A training may go on for longer; its learning rate then falls over the whole of the new length. Earlier versions did not
 * note the optimiser, which was AdamW.
 */
function goesOn(key: string, before: unknown, now: unknown): boolean {
  if (key === 'steps') return typeof before === 'number' && typeof now === 'number' && before <= now;
  if (before === undefined && NOTED_SINCE.includes(key)) return true;
  if (key === 'optimiser' && before === undefined) return now === defaultFineTuneSettings.optimiser;
  return JSON.stringify(before) === JSON.stringify(now);
}

/**
 * Begins or resumes a training in `out`: its settings and the texts `beside` them are complete before there is a `training/`,
 * the folder is locked, and what a killed run was writing is removed. Where it resumes, texts that are there stay as they are.
 * Call the result when the training has ended.
 */
export async function openOutFolder(
  out: string,
  settings: JsonObject,
  beside: Readonly<Record<string, string>> = {},
): Promise<Unlock> {
  const folder = join(out, TRAINING_FOLDER);
  const text = `${JSON.stringify(settings, null, 2)}\n`;
  await makeFolder(out).catch((cause: unknown) => {
    throw fileFault(out, 'written', cause);
  });
  await createFolderAtomically(folder, { ...beside, [SETTINGS]: text });
  const unlock = await lockFolder(folder);
  try {
    // Another process may have begun since `requireOwnFolder`; under the lock the answer lasts.
    requireSame(out, (await readSettings(folder)) ?? settings, settings);
    await removeTemporaries(out);
    const there = await readdir(folder);
    const missing = Object.entries(beside).filter(([name]) => !there.includes(name));
    for (const [name, content] of missing) await writeFileAtomically(join(folder, name), content);
    await writeFileAtomically(join(folder, SETTINGS), text);
  } catch (cause) {
    await unlock();
    throw cause;
  }
  return unlock;
}
