// Layouts from a file or from standard input: one, a list, or one a line.

import { resolve } from 'node:path';
import { type Layout, type LayoutFields, messageOf, parseLayout } from '@spatiallock/core';
import { checkWhole } from '@spatiallock/core/checks';
import { codeOf, readTextFile } from '@spatiallock/node';
import { InputError, reading, readingNow, refuseFaults } from './errors.js';
import type { Io } from './io.js';
import { before, type FoundValue, hasLines, jsonValues } from './jsonValues.js';
import { MAX_SEED } from './request.js';

/** The file name that stands for standard input. */
const STDIN = '-';

export interface LayoutFile {
  readonly layouts: readonly Layout[];
  /** For each layout how messages name it, such as "line 3"; empty for the only one. */
  readonly where: readonly string[];
  /** The seed that a file of one layout names, as those do that the demo saves. */
  readonly seed?: number;
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
  const text = await (file === STDIN ? readStdin(io) : readNamed(resolve(io.cwd, file), prefix));
  if (text.trim() === '') throw new InputError(`${prefix}is empty`);
  const values = await reading(() => jsonValues(text, hasLines(file)), prefix);
  if (values.length === 0) throw new InputError(`${prefix}holds no layout`);
  const read = readAll(values, prefix, fields);
  const where = values.map((value) => value.where);
  const layouts = read.map(({ layout }) => layout);
  const seeded = read.findIndex(({ seed }) => seed !== undefined);
  if (seeded >= 0 && layouts.length > 1) {
    const advice = 'seeds of a list follow each other from --seed on; leave the field out';
    throw new InputError(`${prefix}${before(where[seeded]!)}seed: ${advice}`);
  }
  return { layouts, where, seed: read[0]?.seed };
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
