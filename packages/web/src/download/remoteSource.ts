// A model directory of a server, whose weights are downloaded when they are asked for.

import type { FileOnDisk, FileSource } from '@spatiallock/core';
import { checkObject, checkText } from '@spatiallock/core/checks';
import { urlFiles } from '@spatiallock/core/io';
import { blobFile, type OpenBlob } from '../files/blobFile.js';
import { type DownloadOptions, downloaded } from './download.js';
import { remoteFile } from './request.js';

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

/** The files below an address; settings are fetched anew, weights are kept in the store. */
export function remoteSource(base: string, remote: RemoteOptions): FileSource {
  checkText(base, 'base', 'an address');
  checkObject(remote, 'options');
  const { onDownload, open = blobFile, ...options } = remote;
  const { fetch } = options;
  const small = urlFiles(base, fetch ? { fetch } : {});
  const address = (path: string): string => `${base}/${path.split('/').map(encodeURIComponent).join('/')}`;
  const known = new Map<string, Promise<boolean>>();
  const isThere = (path: string): Promise<boolean> => {
    const asked =
      known.get(path) ??
      remoteFile(fetch ?? ((url, init) => globalThis.fetch(url, init)), address(path), options.signal).then(
        (found) => found !== undefined,
      );
    known.set(path, asked);
    asked.catch(() => known.delete(path));
    return asked;
  };
  const opened = new Map<string, Promise<FileOnDisk | undefined>>();
  const openOne = async (path: string): Promise<FileOnDisk | undefined> => {
    const blob = await downloaded(address(path), {
      ...options,
      onBytes: (bytes, total) => onDownload?.(path, bytes, total),
    });
    return blob && open(blob, path);
  };
  return {
    read: (path) => small.read(path),
    exists: isThere,
    async onDisk(path) {
      if (!/\.safetensors$/.test(path)) return undefined;
      // A large file is checked by its hashes each time that it is opened.
      const opening = opened.get(path) ?? openOne(path);
      opened.set(path, opening);
      opening.catch(() => opened.delete(path));
      return opening;
    },
  };
}
