// What a file or folder is, what it can do here, and what it weighs; reads headers and settings, no weights.

import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  type DescribedPart,
  describeCheckpoint,
  describeDirectory,
  type ModelDescription,
} from '@spatiallock/checkpoints';
import { messageOf } from '@spatiallock/core';
import { ADAPTER_FILE } from '@spatiallock/core/adapters';
import { checkKeys } from '@spatiallock/core/checks';
import { checkPath } from './checkPath.js';
import { directory, isDirectory, openFile } from './directory.js';
import { hubFile, hubFileOf, isHubId } from './hub/index.js';
import { checkpointAt, type ModelSourceOptions, modelSource, SOURCE_OPTIONS } from './modelSource.js';
import { textBeside } from './textBeside.js';

/** A component of a model as `inspectModel` describes it. */
export type InspectedPart = DescribedPart;

/** What `inspectModel` finds. */
export interface Inspection extends Omit<ModelDescription, 'use'> {
  readonly path: string;
  /** What it can do here, a line each. */
  readonly uses: readonly string[];
  /** Bytes that the weights take while it paints; what is computed with them comes on top. */
  readonly memory: readonly { readonly device: string; readonly precision: string; readonly bytes: number }[];
}

/**
 * Describes a path or an id of the hub. Rejects where there is nothing of that name; `refusal` says why something cannot be
 * opened.
 *
 * @example
 * ```ts
 * import { inspectModel } from '@spatiallock/node';
 *
 * const { title, refusal, declaration } = await inspectModel('my-model');
 * console.log(title, refusal ?? 'can be opened', declaration?.plugins);
 * ```
 */
export async function inspectModel(place: string, options: ModelSourceOptions = {}): Promise<Inspection> {
  checkPath(place, 'place', 'the path of a model, or its id on the hub');
  checkKeys(options, [...SOURCE_OPTIONS, 'signal'], 'options');
  if (await openFile(place)) return inspectFile(place);
  const isFolder = await isDirectory(place);
  const remote = isFolder ? undefined : hubFileOf(place);
  if (remote) return inspectFile(await hubFile(remote, options), place);
  if (!isFolder && !isHubId(place)) {
    throw new Error(
      `${place}: there is no such file or folder; give a path, or an id of the hub, owner/name`,
    );
  }
  try {
    const { places } = await modelSource(place, options);
    return await inspectFolder(place, places[0]!, options.variant);
  } catch (cause) {
    if (!isFolder) throw cause;
    const adapter = join(place, ADAPTER_FILE);
    if (!(await openFile(join(place, 'model_index.json'))) && (await openFile(adapter)))
      return { ...(await inspectFile(adapter, place)), path: place };
    return nothing(place, 'a folder that is no model', withoutPath(messageOf(cause), place));
  }
}

const nothing = (path: string, title: string, refusal: string): Inspection => ({
  path,
  title,
  refusal,
  uses: [],
  parts: [],
  parameters: 0,
  halvable: 0,
  memory: [],
});

const withoutPath = (message: string, path: string): string =>
  message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;

async function inspectFile(path: string, name = basename(path)): Promise<Inspection> {
  const found = await checkpointAt(path)
    .then(async (checkpoint) => describeCheckpoint(checkpoint, await textBeside(path, ['.yaml', '.yml'])))
    .catch((cause: unknown) => messageOf(cause));
  if (typeof found === 'string') return nothing(path, 'a file that is not read', withoutPath(found, path));
  return inspected(path, found, usesOf(found, name));
}

async function inspectFolder(given: string, folder: string, variant?: string): Promise<Inspection> {
  const found = await describeDirectory(directory(folder), await pathsIn(folder), variant);
  return inspected(given, found, usesOf(found, given).slice(0, 1));
}

/** Names of files in the folders of a folder, as `unet/config.json`. */
async function pathsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder);
  const lists = names.map(async (name) => {
    const place = join(folder, name);
    return (await isDirectory(place)) ? (await readdir(place)).map((each) => `${name}/${each}`) : [];
  });
  return (await Promise.all(lists)).flat();
}

/** Every device computes in float32; graphics cards in half precision, too, where weights of products take half. */
function inspected(
  path: string,
  { use: _, ...found }: ModelDescription,
  uses: readonly string[],
): Inspection {
  const paints = found.refusal === undefined && found.parts.some(({ name }) => name === 'unet');
  const devices = paints ? ['cpu', 'cuda', 'wasm', 'webgpu'] : [];
  const bytes = { float32: 4 * found.parameters, half: 4 * found.parameters - 2 * found.halvable };
  return {
    path,
    ...found,
    uses,
    memory: devices.flatMap((device) =>
      (['cuda', 'webgpu'].includes(device) ? (['float32', 'half'] as const) : (['float32'] as const)).map(
        (precision) => ({ device, precision, bytes: bytes[precision] }),
      ),
    ),
  };
}

/** The flags by which it is used; `place` is its path, as the flags take it. */
function usesOf({ use }: ModelDescription, place: string): readonly string[] {
  const converted = `becomes a diffusers folder: spatiallock convert ${place} FOLDER`;
  switch (use) {
    case 'boxes':
      return [`paints objects in their boxes: --model ${place}`, converted];
    case 'prompts':
      return [
        `paints prompts: --model ${place}; objects in their boxes with --poi gligen.safetensors`,
        converted,
      ];
    case 'unet':
      return [`paints with the other networks of a model folder: --model ${place} --config FOLDER`];
    case 'grounding':
      return [`holds objects to their boxes over a model without such layers: --poi ${place}`];
    case 'autoencoder':
      return [`makes the pictures of a model's latents: --vae ${place}`];
    case 'words':
      return [`a word for prompts: --embedding ${place}`];
    case 'adapter':
      return [`lies over the model that it was trained from: --adapter ${place}`];
    case 'lora':
      return [`changes what a model paints: --lora ${place}`];
    default:
      return [];
  }
}
