import { stat } from 'node:fs/promises';
import {
  type FileSource,
  type FromPretrainedOptions,
  fromPretrained as load,
  messageOf,
  type Pipeline,
} from '@spatiallock/core';
import { checkFiles } from '@spatiallock/core/checks';
import { openPlugins } from '@spatiallock/core/modules';
import { checkPath } from './checkPath.js';
import { type ModelSourceOptions, modelSource, SOURCE_OPTIONS } from './modelSource.js';
import { modelNeeds, nodeModules } from './modules/index.js';

/** A pipeline's options, and those of where its model comes from. */
export type FromPretrainedSource = FromPretrainedOptions & Omit<ModelSourceOptions, 'signal'>;

/**
 * A pipeline from a model: the path of a model directory in diffusers' layout, of a single file (.safetensors) or of a
 * folder of the hub's cache, an id of the hub (`owner/name`), or any other source of files. Other autoencoders, grounding
 * layers and embeddings may be laid over it, see `ModelSourceOptions`. See `fromPretrained` of `@spatiallock/core` for what
 * a model holds. Without `plugins`, those that the model declares are loaded from packages; `modules` is another way to find
 * them. Rejects with an error that names the model and the file at fault.
 *
 * @example
 * ```ts
 * import { cpu } from '@spatiallock/backend-onnx';
 * import { fromPretrained, writePng } from '@spatiallock/node';
 *
 * const pipe = await fromPretrained('my-model', { backend: cpu() });
 * const layout = { prompt: 'a dog on a beach', objects: [{ phrase: 'a dog', box: [0.1, 0.3, 0.6, 0.9] }] };
 * const { images } = await pipe.generate(layout, { seed: 7 });
 * for (const image of images) await writePng('picture.png', image);
 * ```
 */
export async function fromPretrained(
  model: string | FileSource,
  options: FromPretrainedSource,
): Promise<Pipeline> {
  if (typeof model !== 'string') checkFiles(model, 'model');
  if (typeof model !== 'string') return load(model, await withPlugins(model, options));
  const { source, rest } = divided(options);
  try {
    const { files, name, remote } = await modelSource(model, {
      ...source,
      signal: abortSignal(options?.signal),
    });
    return await load(files, rest ? await withPlugins(files, { name, ...rest }, remote) : options);
  } catch (cause) {
    if (options?.signal?.aborted) throw cause;
    const message = messageOf(cause);
    throw message.startsWith(model) ? cause : new Error(`${model}: ${message}`, { cause });
  }
}

/** As `fromPretrained`, of one .safetensors file of Stable Diffusion 1.x or 2.x; its tensors stay on the disk. */
export async function fromSingleFile(path: string, options: FromPretrainedSource): Promise<Pipeline> {
  checkPath(path, 'path', 'the path of a file');
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return fromPretrained(path, options);
  throw new Error(`${path}: ${found ? 'is a folder; open it by fromPretrained' : 'there is no such file'}`);
}

function divided(options: FromPretrainedSource | undefined) {
  const entries = Object.entries(options ?? {});
  const isSource = (name: string): boolean => SOURCE_OPTIONS.some((known) => known === name);
  const source: ModelSourceOptions = Object.fromEntries(entries.filter(([name]) => isSource(name)));
  const rest = Object.fromEntries(entries.filter(([name]) => !isSource(name)));
  return { source, rest: options && (rest as unknown as FromPretrainedOptions) };
}

/** Node's own signals stop downloads at once; others stop loading between two files. */
const abortSignal = (signal: FromPretrainedOptions['signal']): AbortSignal | undefined =>
  signal instanceof AbortSignal ? signal : undefined;

/** The options with the plugins that the model needs, where none are given. */
async function withPlugins(
  files: FileSource,
  options: FromPretrainedOptions,
  remote?: boolean,
): Promise<FromPretrainedOptions> {
  // Options that are no options are for core to refuse.
  if (typeof options?.backend?.compile !== 'function' || options.plugins !== undefined) return options;
  const { modules = nodeModules(), ...rest } = options;
  const needs = await modelNeeds(files, { ...(remote === undefined ? {} : { remote }) });
  return { ...rest, plugins: await openPlugins(needs, { files, backend: options.backend, modules }) };
}
