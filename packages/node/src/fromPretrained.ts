import { basename, resolve } from 'node:path';
import {
  type FileSource,
  type FromPretrainedOptions,
  fromPretrained as load,
  messageOf,
  type Pipeline,
} from '@spatiallock/core';
import { directory, isDirectory } from './directory.js';

/**
 * A pipeline from a model directory in diffusers' layout: a path, or any other source of files.
 * See `fromPretrained` of `@spatiallock/core` for what it holds. Rejects with an error that names the file at fault.
 */
export async function fromPretrained(
  model: string | FileSource,
  options: FromPretrainedOptions,
): Promise<Pipeline> {
  if (typeof model !== 'string') return load(model, options);
  if (!(await isDirectory(model))) {
    throw new Error(`${model}: there is no such folder; give the path of a model directory`);
  }
  try {
    return await load(directory(model), { name: basename(resolve(model)), ...options });
  } catch (cause) {
    if (options?.signal?.aborted) throw cause;
    throw new Error(`${model}: ${messageOf(cause)}`, { cause });
  }
}
