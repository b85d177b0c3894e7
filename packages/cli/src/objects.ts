// The layouts to paint, from flags or from a file.

import { type LayoutFields, parseLayout } from '@spatiallock/core';
import { showValue } from '@spatiallock/core/checks';
import type { ArgsDef } from 'citty';
import { InputError, reading } from './errors.js';
import { decimal, type Flags, text } from './flags.js';
import type { Io } from './io.js';
import { type LayoutFile, readLayoutFile } from './layoutFile.js';

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
    description:
      '{ prompt, objects: [{ phrase, box }] } instead, a list of such, one a line, or a PNG that holds its own; - reads stdin',
  },
  'negative-object': {
    type: 'string',
    valueHint: 'phrase@x0,y0,x1,y1',
    description: 'what should not be in an area; guidance leads away from it; repeat it',
  },
  negative: { type: 'string', valueHint: 'words', description: 'what the picture should not show' },
} as const satisfies ArgsDef;

/** The layouts asked for, and the seed that their file names; undefined where no flag names one. */
export async function readLayouts(
  flags: Flags,
  io: Pick<Io, 'cwd' | 'stdin'>,
  fields: readonly LayoutFields[] = [],
): Promise<LayoutFile | undefined> {
  const file = text(flags, 'layout');
  const prompt = text(flags, 'prompt');
  const negativePrompt = text(flags, 'negative');
  const objects = flags.get('object');
  const negatives = flags.get('negative-object')?.map((each) => parseObjectFlag(each, '--negative-object'));
  if (file !== undefined) {
    if (prompt !== undefined || objects !== undefined) {
      throw new InputError('--layout: stands instead of --prompt and --object; give the one or the others');
    }
    const read = await readLayoutFile(file, io, fields);
    const own = negativeFields(negativePrompt, negatives);
    const layouts = await reading(() =>
      read.layouts.map((layout) => parseLayout({ ...layout, ...own }, [], fields)),
    );
    return { ...read, layouts };
  }
  if (prompt === undefined && objects === undefined) {
    const idle = negativePrompt === undefined ? negatives && '--negative-object' : '--negative';
    if (idle) throw new InputError(`${idle}: needs --prompt, --object or --layout`);
    return undefined;
  }
  if (prompt?.trim() === '') throw new InputError('--prompt: is empty; say what the picture shows');
  const parsed = (objects ?? []).map((each) => parseObjectFlag(each));
  const asked = {
    prompt: prompt ?? joined(parsed.map(({ phrase }) => phrase)),
    ...negativeFields(negativePrompt, negatives),
    objects: parsed,
  };
  const layout = await reading(() => parseLayout(asked, [], fields));
  return { layouts: [layout], where: [''], recorded: false };
}

const negativeFields = (negativePrompt?: string, negativeObjects?: readonly object[]) => ({
  ...(negativePrompt === undefined ? {} : { negativePrompt }),
  ...(negativeObjects === undefined ? {} : { negativeObjects }),
});

/** "a dog@0.05,0.35,0.45,0.95". What lies in 0..1 and in order is checked by `parseLayout`. */
export function parseObjectFlag(given: string, flag = '--object'): { phrase: string; box: number[] } {
  const at = given.lastIndexOf('@');
  const box = given
    .slice(at + 1)
    .split(',')
    .map(decimal);
  if (at < 0 || box.length !== 4) {
    throw new InputError(
      `${flag}: ${showValue(given)} must be phrase@x0,y0,x1,y1, such as "a dog@0.05,0.35,0.45,0.95"`,
    );
  }
  const odd = box.findIndex(Number.isNaN);
  if (odd >= 0) {
    const shown = showValue(
      given
        .slice(at + 1)
        .split(',')
        [odd]!.trim(),
    );
    throw new InputError(
      `${flag}: ${showValue(given)}: ${['x0', 'y0', 'x1', 'y1'][odd]} must be a number, a fraction of the picture's side, not ${shown}`,
    );
  }
  const phrase = given.slice(0, at).trim();
  if (phrase.includes('@')) {
    throw new InputError(
      `${flag}: ${showValue(given)} has more than one @; give ${flag} for each object, or a phrase with @ by --layout`,
    );
  }
  return { phrase, box };
}

/** "a", "a and b", "a, b and c" */
export function joined(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`;
}
