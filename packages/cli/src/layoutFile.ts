// Layouts from a file or from standard input: one, a list, or one a line.

import { resolve } from 'node:path';
import { type Layout, type LayoutFields, messageOf, parseLayout } from '@spatiallock/core';
import { checkWhole } from '@spatiallock/core/checks';
import { parseJson } from '@spatiallock/core/io';
import { codeOf, readTextFile } from '@spatiallock/node';
import { InputError, reading } from './errors.js';
import type { Io } from './io.js';
import { MAX_SEED } from './request.js';

/** The file name that stands for standard input. */
const STDIN = '-';

export interface LayoutFile {
  readonly layouts: readonly Layout[];
  /** The seed that a file of one layout names, as those do that the demo saves. */
  readonly seed?: number;
}

/**
 * The layouts of a file, `-` for standard input; `fields` are those of plugins. Throws an InputError that names the file and
 * the field.
 */
export async function readLayoutFile(
  file: string,
  io: Pick<Io, 'cwd' | 'stdin'>,
  fields: readonly LayoutFields[],
  flag = '--layout',
): Promise<LayoutFile> {
  const name = file === STDIN ? 'standard input' : file;
  const prefix = `${flag}: ${name || 'empty'}: `;
  const text = await (file === STDIN ? readStdin(io) : readNamed(resolve(io.cwd, file), prefix));
  if (text.trim() === '') throw new InputError(`${prefix}is empty`);
  const values = await reading(() => valuesOf(text, isLines(file)), prefix);
  if (values.length === 0) throw new InputError(`${prefix}holds no layout`);
  const read = await Promise.all(
    values.map(({ value, where }) =>
      reading(() => readLayout(layoutOfRecord(value, fields), fields), `${prefix}${where}`),
    ),
  );
  const layouts = read.map(({ layout }) => layout);
  const seeded = read.findIndex(({ seed }) => seed !== undefined);
  if (seeded >= 0 && layouts.length > 1) {
    const advice = 'seeds of a list follow each other from --seed on; leave the field out';
    throw new InputError(`${prefix}${values[seeded]!.where}seed: ${advice}`);
  }
  return { layouts, seed: read[0]?.seed };
}

function readLayout(
  json: unknown,
  known: readonly LayoutFields[],
): { readonly layout: Layout; readonly seed?: number } {
  const layout = parseLayout(json, ['seed'], known);
  const { seed } = json as Fields;
  return {
    layout,
    seed: seed === undefined ? undefined : checkWhole(seed, { min: 0, max: MAX_SEED }, 'seed'),
  };
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a picture's record says of its layout, with fields of plugins; anything else as it is. */
function layoutOfRecord(json: unknown, known: readonly LayoutFields[]): unknown {
  if (!isFields(json) || typeof json.picture !== 'string' || !Array.isArray(json.objects)) return json;
  const names = [
    ...['prompt', 'negativePrompt', 'negativeObjects', 'width', 'height'],
    ...known.flatMap(({ layout = {}, lists = [] }) => [...Object.keys(layout), ...lists]),
  ];
  const own = (object: unknown) => {
    if (!isFields(object)) return object;
    const { detector: _, ...asked } = object;
    return asked;
  };
  return {
    ...Object.fromEntries(names.flatMap((name) => (json[name] === undefined ? [] : [[name, json[name]]]))),
    objects: json.objects.map(own),
  };
}

async function readNamed(path: string, prefix: string): Promise<string> {
  return readTextFile(path).catch((cause: unknown) => {
    const code = codeOf(cause);
    const unread = code === undefined ? messageOf(cause) : `it cannot be read (${code})`;
    throw new InputError(prefix + (code === 'ENOENT' ? 'there is no such file' : unread), { cause });
  });
}

async function readStdin({ stdin }: Pick<Io, 'stdin'>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stdin ?? []) pieces.push(Buffer.from(piece));
  return new TextDecoder().decode(Buffer.concat(pieces));
}

const isLines = (file: string): boolean => /\.(jsonl|ndjson)$/i.test(file);

interface Found {
  readonly value: unknown;
  /** What errors say before the field. */
  readonly where: string;
}

/** One value, those of a list, or one for each line; a text that is no JSON as a whole may be so by its lines. */
function valuesOf(text: string, byLine: boolean): Found[] {
  if (byLine) return linesOf(text);
  let whole: unknown;
  try {
    whole = parsed(text, '');
  } catch (error) {
    const [first, ...more] = text.split('\n').filter((line) => line.trim() !== '');
    if (first === undefined || more.length === 0 || !isJsonObject(first)) throw error;
    return linesOf(text);
  }
  if (!Array.isArray(whole)) return [{ value: whole, where: '' }];
  return whole.map((value: unknown, i) => ({ value, where: `[${i}]: ` }));
}

function linesOf(text: string): Found[] {
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    const where = `line ${i + 1}: `;
    return [{ value: parsed(line, where), where }];
  });
}

function isJsonObject(line: string): boolean {
  try {
    return /^\s*\{/.test(line) && parsed(line, '') !== undefined;
  } catch {
    return false;
  }
}

function parsed(text: string, where: string): unknown {
  try {
    return parseJson(text, 'it');
  } catch (cause) {
    const why = messageOf(cause).replace(/^it is not valid JSON: /, '');
    throw new Error(`${where}is not JSON (${why})`, { cause });
  }
}
