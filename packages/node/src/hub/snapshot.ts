// A model of the hub as a folder of Hugging Face's cache, downloaded where it is not there.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkObject, checkText, showValue } from '@spatiallock/core/checks';
import { readModelIndex, weightPaths } from '@spatiallock/core/io';
import { directory } from '../directory.js';
import { cachedCommit, DEFAULT_REVISION, type HubFile, isHubId, repoFolder, safeParts } from './cache.js';
import { explained, isHubFailing } from './faults.js';
import { fetchSnapshot } from './fetchSnapshot.js';
import type { HubOptions } from './options.js';
import { hubFetch } from './request.js';
import { hubSettings } from './settings.js';

function checkId(id: unknown): void {
  if (typeof id === 'string' && isHubId(id)) return;
  throw new Error(`id: must be the id of a model on the hub, owner/name, not ${showValue(id)}`);
}

/**
 * The folder with a model of the hub, `owner/name`, in Hugging Face's cache: what Python has fetched is found, and what is
 * fetched here Python finds. Files that are missing are downloaded, by one process at a time; a download that was cut goes on
 * where it was. With HF_HUB_OFFLINE=1, and where the hub gives no answer or an error other than 404, a model in the cache is
 * taken as it is. Rejects with an error that names the model and what to do.
 */
export async function hubSnapshot(id: string, options: HubOptions = {}): Promise<string> {
  checkId(id);
  // A folder of the cache may hold a single file, see `hubFile`.
  const index = async (folder: string) => stat(join(folder, 'model_index.json')).catch(() => undefined);
  return snapshotWith(id, options, async (folder) => ((await index(folder)) ? folder : undefined));
}

/**
 * The path in Hugging Face's cache of one file of a model, such as `v1-5-pruned.safetensors`, with the .yaml beside it; see
 * `hubSnapshot`. Rejects, naming some files that there are, where there is none of that name.
 */
export async function hubFile(file: HubFile, options: HubOptions = {}): Promise<string> {
  checkObject(file, 'file');
  checkId(file.id);
  checkText(file.path, 'file.path', 'the path of a file');
  const { id, path } = file;
  safeParts(path);
  const present = async (folder: string): Promise<string | undefined> => {
    const place = join(folder, path);
    return (await stat(place).catch(() => undefined))?.isFile() ? place : undefined;
  };
  return snapshotWith(id, options, present, path);
}

/**
 * Finds or fetches a snapshot. `found` gives what is wanted of its folder, undefined where that is not there; `file`: only
 * that file is fetched.
 */
async function snapshotWith(
  id: string,
  options: HubOptions,
  found: (folder: string) => Promise<string | undefined>,
  file?: string,
): Promise<string> {
  const name = file === undefined ? id : `${id}/${file}`;
  const settings = options.settings ?? hubSettings();
  const revision = options.revision ?? DEFAULT_REVISION;
  safeParts(revision);
  const repo = repoFolder(settings.cache, id);
  const known = await cachedCommit(repo, revision);
  const cached = known === undefined ? undefined : await found(join(repo, 'snapshots', known));
  if (settings.offline) {
    if (cached !== undefined) return cached;
    throw new Error(
      `${name}: is not in the cache ${settings.cache}, and HF_HUB_OFFLINE forbids the network; download it first`,
    );
  }
  const token = options.token ?? settings.token;
  const { endpoint } = settings;
  const ask = hubFetch({ endpoint, token, signal: options.signal, wait: options.wait });
  try {
    const folder = await fetchSnapshot({ ...options, id, revision, repo, endpoint, ask }, file);
    return (await found(folder)) ?? folder;
  } catch (cause) {
    options.signal?.throwIfAborted();
    const reason = explained(cause, token !== undefined, revision, endpoint);
    const isWhole = async (folder: string) => file !== undefined || hasWeights(folder, options.variant);
    if (cached !== undefined && isHubFailing(cause) && (await isWhole(cached))) {
      options.onWarning?.(`${reason}; taking ${name} as it is in the cache`);
      return cached;
    }
    throw new Error(`${name}: ${reason}`, { cause });
  }
}

/** Whether a model in the cache has its weights: a download that was cut may have left its index alone. */
async function hasWeights(folder: string, variant: string | undefined): Promise<boolean> {
  const files = directory(folder);
  try {
    const { components } = await readModelIndex(files);
    for (const name of ['unet', 'vae', 'text_encoder'].filter((each) => Object.hasOwn(components, each))) {
      const paths = (await weightPaths(files, name, variant)) ?? [];
      const there = await Promise.all(paths.map((path) => files.exists!(path)));
      if (there.length === 0 || there.includes(false)) return false;
    }
    return true;
  } catch {
    return false;
  }
}
