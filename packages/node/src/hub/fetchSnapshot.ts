// The files of one commit into the cache: those that are missing, by one process at a time.

import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readModelIndex } from '@spatiallock/core/io';
import { readModelDeclaration } from '@spatiallock/core/modules';
import { directory } from '../directory.js';
import { lockFolderWhenFree, type Unlock } from '../folderLock.js';
import { makeFolder } from '../makeFolder.js';
import { linkBlob, safeParts, writeRef } from './cache.js';
import { downloadBlob, type RemoteFile } from './download.js';
import { withoutFile, withoutIndex } from './faults.js';
import type { HubOptions } from './options.js';
import { clock, type Fetch } from './request.js';
import { wantedFiles } from './wanted.js';

/** Where from and where to. */
export interface FetchTask extends HubOptions {
  readonly id: string;
  readonly revision: string;
  readonly repo: string;
  readonly endpoint: string;
  readonly ask: Fetch;
}

/** Read before the others: they say which of those are wanted. */
const FIRST = ['model_index.json', 'spatiallock.json'];

/**
 * The folder of the commit that a revision points to, with what a pipeline reads of it, or with `file` alone. Waits for
 * another process that fetches the same repository.
 */
export async function fetchSnapshot(task: FetchTask, file?: string): Promise<string> {
  const { id, revision, repo, variant } = task;
  const { commit, remote } = await listRemote(task);
  const fetchAll = (paths: readonly string[], quietly = false) =>
    fetchFiles(
      commit,
      paths.map((path) => remote.get(path)!),
      quietly ? { ...task, onDownload: undefined } : task,
    );
  const all = [...remote.keys()];
  const folder = join(repo, 'snapshots', commit);
  if (file !== undefined) {
    if (!remote.has(file)) throw new Error(withoutFile(all, file));
    const stem = file.slice(0, -'.safetensors'.length);
    await fetchAll([file, `${stem}.yaml`].filter((path) => remote.has(path)));
  } else {
    if (!remote.has('model_index.json')) throw new Error(withoutIndex(all, id));
    await fetchAll(
      FIRST.filter((path) => remote.has(path)),
      true,
    );
    const files = directory(folder);
    const [index, declaration] = [await readModelIndex(files), await readModelDeclaration(files)];
    await fetchAll(wantedFiles(all, index, declaration, variant));
  }
  // Last: a branch points to nothing that is not whole.
  await writeRef(repo, revision, commit);
  return folder;
}

/** The commit of a revision, and its files by path. */
async function listRemote({ id, revision, endpoint, ask }: FetchTask) {
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
  return { commit, remote };
}

/** Takes the lock at the first file that is missing: a model that is whole opens beside a download. */
async function fetchFiles(commit: string, files: readonly RemoteFile[], task: FetchTask): Promise<void> {
  const { id, repo, endpoint, ask, signal, wait, onDownload } = task;
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  let unlock: Unlock | undefined;
  try {
    for (const file of files) {
      signal?.throwIfAborted();
      const blob = join(repo, 'blobs', ...safeParts(file.etag));
      if (!(await isThere(blob, file))) unlock ??= await lockRepo(task);
      // Another process may have fetched it meanwhile.
      if (!(await isThere(blob, file))) {
        const url = `${endpoint}/${id}/resolve/${commit}/${file.path.split('/').map(encodeURIComponent).join('/')}`;
        const onBytes = (bytes: number) => onDownload?.({ path: file.path, bytes: done + bytes, total });
        await downloadBlob(file, blob, { url, fetch: ask, signal, wait, onBytes });
      }
      done += file.size;
      onDownload?.({ path: file.path, bytes: done, total });
      await linkBlob(repo, commit, file.path, blob);
    }
  } finally {
    await unlock?.();
  }
}

const isThere = async (blob: string, { size }: RemoteFile): Promise<boolean> =>
  (await stat(blob).catch(() => undefined))?.size === size;

/** Locks lie beside Python's, outside of the folder that it looks into. */
async function lockRepo({ id, repo, signal, wait = clock, onWarning }: FetchTask): Promise<Unlock> {
  const folder = join(repo, '..', '.locks', basename(repo));
  await makeFolder(folder);
  return lockFolderWhenFree(folder, {
    wait: async (milliseconds) => {
      signal?.throwIfAborted();
      await wait(milliseconds, signal);
    },
    onWait: (holder) => onWarning?.(`${holder} is downloading ${id}; waiting for it`),
  });
}
