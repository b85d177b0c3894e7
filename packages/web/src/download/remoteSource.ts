// A model directory of a server, whose weights are downloaded when they are asked for.

import type { FileOnDisk, FileSource } from '@spatiallock/core';
import { checkObject, checkText } from '@spatiallock/core/checks';
import { urlFiles } from '@spatiallock/core/io';
import { blobFile, type OpenBlob } from '../files/blobFile.js';
import { keepAnswer, keptAnswer } from './answers.js';
import { type DownloadOptions, downloaded, isDownloaded } from './download.js';
import { type Fetch, remoteFile } from './request.js';

/** Options of `remoteSource`: those of each download, without its listener. */
export interface RemoteOptions extends Omit<DownloadOptions, 'onBytes'> {
  /** Called with the file that is being downloaded, and the bytes of it that are there and that there will be. */
  readonly onDownload?: (path: string, bytes: number, total: number) => void;
  readonly open?: OpenBlob;
}

/**
 * Where files of a model lie on a server: an address is taken as it is, the page of a model on huggingface.co as the folder
 * of its files. Throws where it is no address of http or https.
 */
export function modelAddress(text: string): string {
  checkText(text, 'address');
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new Error(
      `${text || 'empty'}: give an address that begins with https://, of a folder or a .safetensors file`,
    );
  }
  url.hash = '';
  const [, owner, name, kind, ...rest] = url.pathname.replace(/\/+$/, '').split('/');
  if (url.hostname !== 'huggingface.co' || !owner || !name) return url.href.replace(/\/+$/, '');
  const [revision = 'main', ...path] = rest;
  if (kind === undefined) return `${url.origin}/${owner}/${name}/resolve/main`;
  if (kind !== 'tree' && kind !== 'blob' && kind !== 'resolve') return url.href.replace(/\/+$/, '');
  return [`${url.origin}/${owner}/${name}/resolve/${revision}`, ...path].join('/');
}

/**
 * The files below an address. Weights are kept in the store; what the server answers for all others is kept there, too, and used
 * by `preferKept`. Without it settings are fetched anew.
 */
export function remoteSource(base: string, remote: RemoteOptions): FileSource {
  checkText(base, 'base', 'an address');
  checkObject(remote, 'options');
  const { onDownload, open = blobFile, ...options } = remote;
  const { fetch, store, preferKept = false } = options;
  const ask: Fetch = fetch ?? ((url, init) => globalThis.fetch(url, init));
  const asking = { cache: 'no-cache', ...(options.signal ? { signal: options.signal } : {}) } as const;
  const small = urlFiles(base, { fetch: (url) => ask(url, asking) });
  const address = (path: string): string => `${base}/${path.split('/').map(encodeURIComponent).join('/')}`;
  const known = async (path: string) => (preferKept ? keptAnswer(store, address(path)) : undefined);
  const askFor = async (path: string): Promise<boolean> => {
    const url = address(path);
    const answer = await known(path);
    if (answer) return answer.isThere;
    if (preferKept && (await isDownloaded(store, url))) return true;
    const isThere = (await remoteFile(ask, url, options.signal)) !== undefined;
    // The bytes of a file that was read before say that it is there.
    const before = await keptAnswer(store, url);
    if (before?.isThere !== isThere) await keepAnswer(store, url, { isThere });
    return isThere;
  };
  const openOne = async (path: string): Promise<FileOnDisk | undefined> => {
    if ((await known(path))?.isThere === false) return undefined;
    const blob = await downloaded(address(path), {
      ...options,
      onBytes: (bytes, total) => onDownload?.(path, bytes, total),
    });
    if (!blob) await keepAnswer(store, address(path), { isThere: false });
    return blob && open(blob, path);
  };
  const readOne = async (path: string): Promise<Uint8Array | undefined> => {
    const answer = await known(path);
    if (answer?.bytes) return answer.bytes;
    if (answer?.isThere === false) return undefined;
    const bytes = await small.read(path).catch((cause: unknown) => {
      options.signal?.throwIfAborted();
      throw cause;
    });
    await keepAnswer(store, address(path), bytes ? { isThere: true, bytes } : { isThere: false });
    return bytes;
  };
  const isThere = once(askFor);
  // A large file is checked by its hashes each time that it is opened.
  const opened = once(openOne);
  return {
    read: once(readOne),
    exists: isThere,
    onDisk: async (path) => (/\.safetensors$/.test(path) ? opened(path) : undefined),
  };
}

/** Does something for a path once; what failed is done again when it is asked for. */
function once<T>(task: (path: string) => Promise<T>): (path: string) => Promise<T> {
  const done = new Map<string, Promise<T>>();
  return (path) => {
    const doing = done.get(path) ?? task(path);
    done.set(path, doing);
    doing.catch(() => done.delete(path));
    return doing;
  };
}
