// Flags that say where a model comes from, and what is laid over it.

import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import {
  type EmbeddingFile,
  groundingFlag,
  hubFileOf,
  isHubId,
  type ModelSource,
  type ModelSourceOptions,
  modelSource,
} from '@spatiallock/node';
import type { ArgsDef } from 'citty';
import { InputError, oneLine } from './errors.js';
import { choice, type Flags, text } from './flags.js';

export const modelArgs = {
  model: {
    type: 'string',
    valueHint: 'dir|file|owner/name[/file]',
    description:
      "a model directory in diffusers' layout, a .safetensors file of Stable Diffusion 1.x or 2.x, or an id of the hub; default: the embedded one",
  },
  adapter: {
    type: 'string',
    valueHint: 'dir',
    description: 'what `train --save adapter` wrote, laid over the model that it was trained from',
  },
  [groundingFlag.name]: {
    type: 'string',
    valueHint: groundingFlag.valueHint,
    description: groundingFlag.description,
  },
  vae: {
    type: 'string',
    valueHint: 'dir|file',
    description: 'another autoencoder: a folder, a .safetensors file, or TAESD',
  },
  embedding: {
    type: 'string',
    valueHint: 'word=file.safetensors',
    description: 'a textual inversion and the word that prompts name it by; default: its own; repeat it',
  },
  tokenizer: {
    type: 'string',
    valueHint: 'dir',
    description: "the tokenizer of a single file; default: CLIP's own",
  },
  config: {
    type: 'string',
    valueHint: 'dir',
    description:
      'a model directory whose config.json files count for a single file, and whose networks stand in for those it lacks',
  },
  prediction: {
    type: 'string',
    valueHint: 'epsilon|v_prediction',
    description: 'what a single file predicts; default: as its .yaml, its keys or its name say',
  },
  revision: { type: 'string', valueHint: 'main', description: 'branch, tag or commit of a model of the hub' },
  variant: {
    type: 'string',
    valueHint: 'fp16',
    description: 'which weights of the hub are downloaded and read',
  },
} as const satisfies ArgsDef;

export interface ModelPlace {
  /** An absolute path, or an id of the hub; the embedded model when absent. */
  readonly model?: string;
  readonly source?: ModelSourceOptions;
}

/** As `modelSource`; an adapter that cannot be used is named by its flag. */
export async function openSource(model: string, options: ModelSourceOptions): Promise<ModelSource> {
  try {
    return await modelSource(model, options);
  } catch (cause) {
    const message = oneLine(cause);
    if (options.adapter === undefined || !message.startsWith('adapter: ')) throw cause;
    throw new InputError(`--${message}`, { cause });
  }
}

const PREDICTIONS = ['epsilon', 'v_prediction'] as const;

/** Reads `modelArgs`; throws an InputError that names the flag at fault. `title` is what errors call the model. */
export async function readModelPlace(flags: Flags, cwd: string, title = '--model'): Promise<ModelPlace> {
  const given = text(flags, 'model');
  const model = given === undefined ? undefined : await placeOfModel(given, cwd, title);
  const path = (name: string): Promise<string | undefined> => existing(flags, name, cwd);
  const named: readonly (readonly [keyof ModelSourceOptions, unknown])[] = [
    ['adapter', await path('adapter')],
    ['vae', await path('vae')],
    ['grounding', await path(groundingFlag.name)],
    ['tokenizer', await path('tokenizer')],
    ['config', await path('config')],
    ['embeddings', await readEmbeddings(flags, cwd)],
    ['prediction', choice(flags, 'prediction', PREDICTIONS)],
    ['revision', text(flags, 'revision')],
    ['variant', text(flags, 'variant')],
  ];
  const source: ModelSourceOptions = Object.fromEntries(named.filter(([, value]) => value !== undefined));
  await requireUse(flags, model);
  return {
    ...(model === undefined ? {} : { model }),
    ...(Object.keys(source).length === 0 ? {} : { source }),
  };
}

/** The model's path or id; throws where there is nothing of that name. */
async function placeOfModel(given: string, cwd: string, title: string): Promise<string> {
  const path = resolve(cwd, given);
  const found = given === '' ? undefined : await stat(path).catch(() => undefined);
  if (found?.isFile() || (found && basename(path).startsWith('models--'))) return path;
  if ((await stat(join(path, 'model_index.json')).catch(() => undefined))?.isFile()) return path;
  if (!found && (isHubId(given) || hubFileOf(given))) return given;
  throw new InputError(
    `${title}: ${given || 'empty'} holds no model_index.json; give a model directory in diffusers' layout, a .safetensors file, or an id of the hub, owner/name or owner/name/file.safetensors`,
  );
}

async function existing(flags: Flags, name: string, cwd: string): Promise<string | undefined> {
  const given = text(flags, name);
  if (given === undefined) return undefined;
  const path = resolve(cwd, given);
  if (given !== '' && (await stat(path).catch(() => undefined))) return path;
  throw new InputError(`--${name}: there is no file or folder ${given || 'of an empty name'}`);
}

/** "word=file" or a file; of a path that has a = in it, what is there counts. */
async function readEmbeddings(flags: Flags, cwd: string): Promise<readonly EmbeddingFile[] | undefined> {
  const given = flags.get('embedding');
  if (given === undefined) return undefined;
  return Promise.all(
    given.map(async (each) => {
      const isFile = async (path: string) => (await stat(path).catch(() => undefined))?.isFile() ?? false;
      const whole = resolve(cwd, each);
      if (await isFile(whole)) return { path: whole };
      const at = each.indexOf('=');
      const path = resolve(cwd, each.slice(at + 1));
      if (at > 0 && (await isFile(path))) return { path, token: each.slice(0, at) };
      throw new InputError(`--embedding: there is no file ${each.slice(at + 1) || 'of an empty name'}`);
    }),
  );
}

/** Flags of single files and of the hub do nothing for other models. */
async function requireUse(flags: Flags, model: string | undefined): Promise<void> {
  const remoteFile = model !== undefined && hubFileOf(model) !== undefined;
  const isHub =
    model !== undefined && (remoteFile || isHubId(model) || basename(model).startsWith('models--'));
  const isFile =
    remoteFile ||
    (model !== undefined && !isHub && ((await stat(model).catch(() => undefined))?.isFile() ?? false));
  for (const name of ['tokenizer', 'config', 'prediction']) {
    if (flags.has(name) && !isFile) throw new InputError(`--${name}: belongs to a --model that is one file`);
  }
  for (const name of ['revision', 'variant']) {
    if (flags.has(name) && !isHub)
      throw new InputError(`--${name}: belongs to a --model of the hub, owner/name`);
  }
}
