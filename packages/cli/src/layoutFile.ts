// Layouts from a file or from standard input: one, a list, one a line, or that of a picture.

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Layout, type LayoutFields, messageOf, parseLayout } from '@spatiallock/core';
import { checkWhole } from '@spatiallock/core/checks';
import { codeOf, readTextFile } from '@spatiallock/node';
import { InputError, reading, readingNow, refuseFaults } from './errors.js';
import type { Io } from './io.js';
import { before, type FoundValue, hasLines, jsonValues } from './jsonValues.js';
import { isPicture, isPictureRecord, layoutOfPicture, layoutOfRecord } from './recordedLayout.js';
import { MAX_SEED } from './request.js';

/** The file name that stands for standard input. */
const STDIN = '-';

export interface LayoutFile {
  readonly layouts: readonly Layout[];
  /** For each layout how messages name it, such as "line 3"; empty for the only one. */
  readonly where: readonly string[];
  /** The seed that a file of one layout names, as those do that the demo saves, and pictures. */
  readonly seed?: number;
  /** Whether the file is a picture or the record of one. */
  readonly recorded: boolean;
}

/**
 * The layouts of a file, `-` for standard input; `fields` are those of plugins. Throws an InputError that names the file, the
 * line and the field of every fault.
 */
export async function readLayoutFile(
  file: string,
  io: Pick<Io, 'cwd' | 'stdin'>,
  fields: readonly LayoutFields[],
  flag = '--layout',
): Promise<LayoutFile> {
  const name = file === STDIN ? 'standard input' : file;
  const prefix = `${flag}: ${name || 'empty'}: `;
  const values = isPicture(file)
    ? [{ read: await readPicture(resolve(io.cwd, file), prefix, fields), where: '' }]
    : await valuesOfText(file, io, prefix);
  if (values.length === 0) throw new InputError(`${prefix}holds no layout`);
  const read = readAll(values, prefix, fields);
  const where = values.map((value) => value.where);
  const layouts = read.map(({ layout }) => layout);
  const seeded = read.findIndex(({ seed }) => seed !== undefined);
  if (seeded >= 0 && layouts.length > 1) {
    const advice = 'seeds of a list follow each other from --seed on; leave the field out';
    throw new InputError(`${prefix}${before(where[seeded]!)}seed: ${advice}`);
  }
  const recorded = isPicture(file) || values.some((value) => isPictureRecord(value.read()));
  return { layouts, where, seed: read[0]?.seed, recorded };
}

async function valuesOfText(
  file: string,
  io: Pick<Io, 'cwd' | 'stdin'>,
  prefix: string,
): Promise<readonly FoundValue[]> {
  const text = await (file === STDIN ? readStdin(io) : readNamed(resolve(io.cwd, file), prefix));
  if (text.trim() === '') throw new InputError(`${prefix}is empty`);
  return reading(() => jsonValues(text, hasLines(file)), prefix);
}

interface ReadLayout {
  readonly layout: Layout;
  readonly seed?: number;
}

/** Throws an InputError of all faults: one alone is the message, several have a line each. */
function readAll(
  values: readonly FoundValue[],
  prefix: string,
  fields: readonly LayoutFields[],
): readonly ReadLayout[] {
  const faults: InputError[] = [];
  const read = values.flatMap((value): ReadLayout[] => {
    try {
      const at = `${prefix}${before(value.where)}`;
      return [readingNow(() => readLayout(layoutOfRecord(value.read(), fields), fields), at)];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      faults.push(error);
      return [];
    }
  });
  if (faults.length === 1) throw faults[0];
  const messages = faults.map(({ message }) => message);
  refuseFaults(prefix, messages, 'mend these layouts or take them out');
  return read;
}

function readLayout(json: unknown, known: readonly LayoutFields[]): ReadLayout {
  const layout = parseLayout(json, ['seed'], known);
  const { seed } = json as { readonly seed?: unknown };
  return {
    layout,
    seed: seed === undefined ? undefined : checkWhole(seed, { min: 0, max: MAX_SEED }, 'seed'),
  };
}

const readNamed = (path: string, prefix: string): Promise<string> =>
  readTextFile(path).catch((cause: unknown) => refuseUnread(cause, prefix));

async function readPicture(
  path: string,
  prefix: string,
  fields: readonly LayoutFields[],
): Promise<() => unknown> {
  const bytes = await readFile(path).catch((cause: unknown) => refuseUnread(cause, prefix));
  return () => layoutOfPicture(bytes, fields);
}

function refuseUnread(cause: unknown, prefix: string): never {
  const code = codeOf(cause);
  const unread = code === undefined ? messageOf(cause) : `it cannot be read (${code})`;
  throw new InputError(prefix + (code === 'ENOENT' ? 'there is no such file' : unread), { cause });
}

async function readStdin({ stdin }: Pick<Io, 'stdin'>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stdin ?? []) pieces.push(Buffer.from(piece));
  return new TextDecoder().decode(Buffer.concat(pieces));
}
