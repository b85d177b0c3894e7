// The layout of a picture, from flags or from a file.

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Layout, parseJson, parseLayout, showValue } from '@spatiallock/core';
import type { ArgsDef } from 'citty';
import { InputError, reading } from './errors.js';
import { decimal, type Flags, text } from './flags.js';

export const layoutArgs = {
  prompt: { type: 'string', valueHint: 'words', description: 'what the picture shows' },
  object: {
    type: 'string',
    valueHint: 'phrase@x0,y0,x1,y1',
    description: 'an object and its box in 0..1 from the top left; repeat it, back to front',
  },
  layout: {
    type: 'string',
    valueHint: 'file.json',
    description: '{ prompt, objects: [{ phrase, box }] } instead',
  },
  negative: { type: 'string', valueHint: 'words', description: 'what the picture shall not show' },
} as const satisfies ArgsDef;

/** The layout asked for, or undefined when no flag speaks of one. */
export async function readLayout(flags: Flags, cwd: string): Promise<Layout | undefined> {
  const file = text(flags, 'layout');
  const prompt = text(flags, 'prompt');
  const negativePrompt = text(flags, 'negative');
  const objects = flags.get('object');
  if (file !== undefined) {
    if (prompt !== undefined || objects !== undefined) {
      throw new InputError('--layout: stands instead of --prompt and --object; give the one or the others');
    }
    const layout = await readLayoutFile(file, cwd);
    return negativePrompt === undefined ? layout : { ...layout, negativePrompt };
  }
  if (prompt === undefined && objects === undefined) {
    if (negativePrompt !== undefined)
      throw new InputError('--negative: needs --prompt, --object or --layout');
    return undefined;
  }
  if (prompt?.trim() === '') throw new InputError('--prompt: is empty; say what the picture shows');
  const parsed = (objects ?? []).map(parseObjectFlag);
  return reading(() =>
    parseLayout({
      prompt: prompt ?? joined(parsed.map(({ phrase }) => phrase)),
      ...(negativePrompt === undefined ? {} : { negativePrompt }),
      objects: parsed,
    }),
  );
}

/** "a dog@0.05,0.35,0.45,0.95"; the last @ divides phrase and box. Corners are checked by `parseLayout`. */
export function parseObjectFlag(given: string): { phrase: string; box: number[] } {
  const at = given.lastIndexOf('@');
  const box = given
    .slice(at + 1)
    .split(',')
    .map(decimal);
  if (at < 0 || box.length !== 4) {
    throw new InputError(
      `--object: ${showValue(given)} must be phrase@x0,y0,x1,y1, such as "a dog@0.05,0.35,0.45,0.95"`,
    );
  }
  return { phrase: given.slice(0, at).trim(), box };
}

async function readLayoutFile(file: string, cwd: string): Promise<Layout> {
  const content = await readFile(resolve(cwd, file), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${cause.code})`;
    throw new InputError(`--layout: ${file || 'empty'}: ${why}`, { cause });
  });
  const json = layoutOfRecord(await reading(() => parseJson(content, `--layout: ${file}:`)));
  return reading(() => parseLayout(json), `--layout: ${file}: `);
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a picture's record says of its layout; anything else as it is. */
function layoutOfRecord(json: unknown): unknown {
  if (!isFields(json) || typeof json.picture !== 'string' || !Array.isArray(json.objects)) return json;
  const { prompt, negativePrompt, objects } = json;
  const own = (object: unknown) => (isFields(object) ? { phrase: object.phrase, box: object.box } : object);
  return { prompt, ...(negativePrompt === undefined ? {} : { negativePrompt }), objects: objects.map(own) };
}

/** "a", "a and b", "a, b and c" */
export function joined(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`;
}
