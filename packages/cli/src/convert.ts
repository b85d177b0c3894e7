// `spatiallock convert`: a model as people have it becomes a folder in diffusers' layout.

import { resolve } from 'node:path';
import { quantizedDTypes } from '@spatiallock/core/io';
import { convertModel } from '@spatiallock/node';
import type { ArgsDef } from 'citty';
import { InputError, reading } from './errors.js';
import { choice, readFlags, text } from './flags.js';
import { type Io, say } from './io.js';
import { modelArgs, openSource, readModelPlace } from './modelFlags.js';
import { loadingListeners, progressBar } from './progress.js';

const { model: _, ...laidOver } = modelArgs;

export const convertArgs = {
  paths: {
    type: 'positional',
    required: true,
    valueHint: 'source out',
    description: 'a file, a folder or an id of the hub, and the new folder',
  },
  dtype: {
    type: 'string',
    valueHint: 'float32|float16|int8|int4',
    description:
      'what the weights are written as; int8 and int4 are read by this library alone; default float32',
  },
  license: {
    type: 'string',
    valueHint: 'name',
    description: "the model's licence, for the files' metadata; default: what the source says",
  },
  ...laidOver,
  quiet: { type: 'boolean', description: 'print nothing but errors' },
} as const satisfies ArgsDef;

export async function convert(words: readonly string[], given: Io): Promise<void> {
  const flags = readFlags(words, convertArgs, 'spatiallock convert');
  const io: Io = { ...given, quiet: flags.has('quiet') };
  const [from, to, ...more] = flags.get('paths') ?? [];
  if (!from || !to || more.length > 0) {
    throw new InputError('convert: takes two paths, the source and the new folder');
  }
  const dtype = choice(flags, 'dtype', ['float32', 'float16', ...quantizedDTypes]);
  const license = text(flags, 'license');
  const { model, source: laid } = await readModelPlace(
    new Map([...flags, ['model', [from]]]),
    io.cwd,
    'convert',
  );
  const out = resolve(io.cwd, to);
  const { signal } = io;
  const bar = progressBar(io, 1000, 'reading');
  try {
    const source = await reading(() => openSource(model!, { ...laid, signal, ...loadingListeners(io, bar) }));
    await reading(() =>
      convertModel(source, out, {
        ...(dtype === undefined ? {} : { dtype }),
        ...(license === undefined ? {} : { license }),
        signal,
        onProgress: ({ component, done, total }) => bar.update((1000 * done) / total, `writing ${component}`),
      }),
    );
  } finally {
    bar.stop();
  }
  say(io, out);
}
