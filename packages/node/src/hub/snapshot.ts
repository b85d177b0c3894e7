// A model of the hub as a folder of Hugging Face's cache, downloaded where it is not there.

import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { HubApiError } from '@huggingface/hub';
import { messageOf } from '@spatiallock/core';
import { checkObject, checkText, showValue } from '@spatiallock/core/checks';
import { readModelIndex } from '@spatiallock/core/io';
import { directory } from '../directory.js';
import { lockFolder } from '../folderLock.js';
import { makeFolder } from '../makeFolder.js';
import {
  cachedCommit,
  DEFAULT_REVISION,
  type HubFile,
  isHubId,
  linkBlob,
  repoFolder,
  safeParts,
  writeRef,
} from './cache.js';
import { downloadBlob, Refused, type RemoteFile } from './download.js';
import { type Fetch, hubFetch, NoAnswer, type RequestOptions } from './request.js';
import { type HubSettings, hubSettings } from './settings.js';
import { wantedFiles } from './wanted.js';

/** Bytes of a file that are here, of how many. */
export interface DownloadProgress {
  /** The file that is being fetched. */
  readonly path: string;
  /** Bytes that are there, of all files, and how many there will be. */
  readonly bytes: number;
  readonly total: number;
}

/** Options of downloads from the hub. */
export interface HubOptions extends Pick<RequestOptions, 'signal' | 'wait'> {
  /** A branch, a tag or a commit; default `main`. */
  readonly revision?: string;
  /** For private and gated models; default: HF_TOKEN or what `huggingface-cli login` saved. */
  readonly token?: string;
  /** Which form of weights is downloaded and read, such as `fp16`; default: float32 where there is a choice. */
  readonly variant?: string;
  /** Called as bytes arrive. */
  readonly onDownload?: (progress: DownloadProgress) => void;
  /** Called with faults that do not stop the work, such as a hub that cannot be reached. */
  readonly onWarning?: (message: string) => void;
  /** Default: the environment's, see `hubSettings`. */
  readonly settings?: HubSettings;
}

function checkId(id: unknown): void {
  if (typeof id === 'string' && isHubId(id)) return;
  throw new Error(`id: must be the id of a model on the hub, owner/name, not ${showValue(id)}`);
}

/**
 * The folder with a model of the hub, `owner/name`, in Hugging Face's cache: what Python has fetched is found, and what is
 * fetched here Python finds. Files that are missing are downloaded; a download that was cut goes on where it was. Without
 * an answer of the hub, or with HF_HUB_OFFLINE=1, what is in the cache has to do. Rejects with an error that names the model
 * and what to do.
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
    const folder = await download(id, revision, { repo, endpoint, ask, ...options }, file);
    return (await found(folder)) ?? folder;
  } catch (cause) {
    options.signal?.throwIfAborted();
    if (cause instanceof NoAnswer && cached !== undefined) {
      options.onWarning?.(`${messageOf(cause)}; taking ${name} as it is in the cache`);
      return cached;
    }
    throw new Error(`${name}: ${explained(cause, token !== undefined, revision, endpoint)}`, { cause });
  }
}

interface Task extends HubOptions {
  readonly repo: string;
  readonly endpoint: string;
  readonly ask: Fetch;
}

async function download(id: string, revision: string, task: Task, file?: string): Promise<string> {
  const { repo, endpoint, ask } = task;
  // Here, so that models on disk do not wait for it.
  const { listFiles, modelInfo } = await import('@huggingface/hub');
  const hub = { hubUrl: endpoint, fetch: ask };
  const { sha: commit } = await modelInfo({ name: id, revision, additionalFields: ['sha'], ...hub });
  const remote = new Map<string, RemoteFile>();
  for await (const entry of listFiles({ repo: id, recursive: true, revision: commit, ...hub })) {
    if (entry.type !== 'file') continue;
    const { path, size, lfs, oid } = entry;
    remote.set(path, { path, size: lfs?.size ?? size, etag: lfs?.oid ?? oid ?? '', lfs: lfs !== undefined });
  }
  const unlock = await lockFolder(await lockPlace(repo));
  try {
    const fetchAll = (paths: readonly string[]) =>
      fetchFiles(
        id,
        commit,
        paths.map((path) => remote.get(path)!),
        task,
      );
    const folder = join(repo, 'snapshots', commit);
    if (file !== undefined) {
      if (!remote.has(file)) throw new Error(withoutFile([...remote.keys()], file));
      const stem = file.slice(0, -'.safetensors'.length);
      await fetchAll([file, `${stem}.yaml`].filter((path) => remote.has(path)));
      await writeRef(repo, revision, commit);
      return folder;
    }
    if (!remote.has('model_index.json')) throw new Error(withoutIndex([...remote.keys()], id));
    await fetchFiles(id, commit, [remote.get('model_index.json')!], { ...task, onDownload: undefined });
    const index = await readModelIndex(directory(folder));
    await fetchAll(wantedFiles([...remote.keys()], index, task.variant));
    // Last: a branch points to nothing that is not whole.
    await writeRef(repo, revision, commit);
    return folder;
  } finally {
    await unlock();
  }
}

/** Locks lie beside Python's, outside of the folder that it looks into. */
async function lockPlace(repo: string): Promise<string> {
  const folder = join(repo, '..', '.locks', basename(repo));
  await makeFolder(folder);
  return folder;
}

async function fetchFiles(
  id: string,
  commit: string,
  files: readonly RemoteFile[],
  task: Task,
): Promise<void> {
  const { repo, endpoint, ask, signal, wait, onDownload } = task;
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  for (const file of files) {
    signal?.throwIfAborted();
    const blob = join(repo, 'blobs', ...safeParts(file.etag));
    if ((await stat(blob).catch(() => undefined))?.size !== file.size) {
      const url = `${endpoint}/${id}/resolve/${commit}/${file.path.split('/').map(encodeURIComponent).join('/')}`;
      const onBytes = (bytes: number) => onDownload?.({ path: file.path, bytes: done + bytes, total });
      await downloadBlob(file, blob, { url, fetch: ask, signal, wait, onBytes });
    }
    done += file.size;
    onDownload?.({ path: file.path, bytes: done, total });
    await linkBlob(repo, commit, file.path, blob);
  }
}

const singleFiles = (paths: readonly string[]): readonly string[] =>
  paths.filter((path) => path.endsWith('.safetensors')).slice(0, 5);

function withoutIndex(paths: readonly string[], id: string): string {
  const single = singleFiles(paths);
  const files =
    single.length > 0 ? `; give one of its files, ${single.map((path) => `${id}/${path}`).join(', ')}` : '';
  const pickles = paths.filter((path) => /\.(ckpt|bin|pt)$/.test(path)).length;
  return `holds no model_index.json, so that it is no diffusers folder${files}${files === '' && pickles > 0 ? '; its weights are pickles, which are not read' : ''}`;
}

function withoutFile(paths: readonly string[], file: string): string {
  const single = singleFiles(paths);
  return `there is no file ${file}; it has ${single.length > 0 ? single.join(', ') : 'no .safetensors file'}`;
}

/** What a fault of the hub means, and what to do. */
function explained(cause: unknown, hasToken: boolean, revision: string, endpoint: string): string {
  const status = cause instanceof Refused ? cause.status : (cause as Partial<HubApiError>).statusCode;
  switch (status) {
    case 401:
      return hasToken
        ? `the hub refuses the token (401), or there is no such model at ${endpoint}`
        : `there is no such model at ${endpoint}, or it is private (401); check the name, or set HF_TOKEN to a token that may read it`;
    case 403:
      return hasToken
        ? `the token may not read it (403); accept its conditions at ${endpoint}, or use another token`
        : 'it is gated (403); accept its conditions on its page, and set HF_TOKEN';
    case 404:
      return `there is no such model or no revision ${revision} at ${endpoint} (404); check the name and --revision`;
    case 429:
      return 'the hub asks to wait (429), and still did after five attempts; try again later, or set HF_TOKEN';
    default:
      return status === undefined
        ? messageOf(cause)
        : `the hub answers with status ${status}; try again later`;
  }
}
