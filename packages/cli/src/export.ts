// `spatiallock export`: a model's networks as ONNX files for other programs.

import { realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { exportModel } from '@spatiallock/backend-onnx';
import { latentSides } from '@spatiallock/core/models';
import { decoderGraph, loadModel, paramsFor, textGraph, unetGraph } from '@spatiallock/core/pipeline';
import { convertModel, directory, writeFileAtomically } from '@spatiallock/node';
import type { ArgsDef } from 'citty';
import { convertArgs } from './convert.js';
import { InputError, reading } from './errors.js';
import { readFlags, text, wholeNumber } from './flags.js';
import { type Io, say } from './io.js';
import { openSource, readModelPlace } from './modelFlags.js';
import { openBackend } from './nodeServices.js';
import { needsOfModel, openModelPlugins } from './plugins/open.js';
import { loadingListeners, progressBar } from './progress.js';

const { dtype: _, ...shared } = convertArgs;

export const exportArgs = {
  ...shared,
  batch: { type: 'string', valueHint: '2', description: 'rows of a call of the U-Net, 1..64; default 2' },
} as const satisfies ArgsDef;

/** Objects that a call has room for: as many as a layout may hold. */
const OBJECTS = 30;

/** Writes a model directory, and beside its folders unet.onnx, text_encoder.onnx and vae_decoder.onnx, which read its files. */
export async function exportCommand(words: readonly string[], given: Io): Promise<void> {
  const flags = readFlags(words, exportArgs, 'spatiallock export');
  const io: Io = { ...given, quiet: flags.has('quiet') };
  const [from, to, ...more] = flags.get('paths') ?? [];
  if (!from || !to || more.length > 0)
    throw new InputError('export: takes two paths, the source and the new folder');
  const batch = wholeNumber(flags, 'batch', { min: 1, max: 64 }) ?? 2;
  const license = text(flags, 'license');
  const { model, source: laid } = await readModelPlace(
    new Map([...flags, ['model', [from]]]),
    io.cwd,
    'export',
  );
  const out = resolve(io.cwd, to);
  const { signal } = io;
  const bar = progressBar(io, 1, 'reading');
  try {
    const source = await reading(() => openSource(model!, { ...laid, signal, ...loadingListeners(io, bar) }));
    await reading(() => convertModel(source, out, { ...(license === undefined ? {} : { license }), signal }));
    const written = await reading(() => writeModels(out, batch, signal)).catch(async (cause: unknown) => {
      // It was new: what is left of it would keep the command from being run again.
      await rm(out, { recursive: true, force: true });
      throw cause;
    });
    for (const path of written) say(io, path);
  } finally {
    bar.stop();
  }
}

async function writeModels(out: string, batch: number, signal: AbortSignal): Promise<readonly string[]> {
  const folder = realpathSync(out) + sep;
  const files = directory(folder);
  const source = { files, name: out, places: [out] };
  const backend = await openBackend({ device: 'cpu' });
  const opening = needsOfModel(source).then((needs) =>
    openModelPlugins({ settings: {} }, source, needs, backend),
  );
  const { plugins } = await opening.finally(() => backend.dispose());
  const { unet, textEncoder, vae, tokenizer } = await loadModel(files, plugins);
  const [height, width] = latentSides(unet.config);
  const sizes = { batch, height, width, tokens: tokenizer.maxLength, objects: OBJECTS };
  const networks = [
    ['unet', unetGraph(unet.config, plugins, sizes, (name) => Object.hasOwn(unet.params, name)), unet.params],
    ['text_encoder', textGraph(textEncoder.config, tokenizer.maxLength), textEncoder.params],
    ['vae_decoder', decoderGraph(vae.autoencoder, height, width), vae.params],
  ] as const;
  const paths: string[] = [];
  for (const [name, graph, params] of networks) {
    signal.throwIfAborted();
    const path = join(out, `${name}.onnx`);
    await writeFileAtomically(path, exportModel(graph, paramsFor(graph, params, name), folder));
    paths.push(path);
  }
  signal.throwIfAborted();
  return paths;
}
