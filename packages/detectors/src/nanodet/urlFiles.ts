// fetch is a global of every host that we support; ES2023's types leave it out.

import type { FileSource } from '@spatiallock/core';
import { checkText } from '@spatiallock/core/checks';

interface Reply {
  readonly ok: boolean;
  readonly status: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}
declare const fetch: (url: string) => Promise<Reply>;

/** The files under an http(s) address, as a source. A file that answers 404 reads as undefined. */
export function urlFiles(base: string): FileSource {
  checkText(base, 'urlFiles: the address');
  if (!/^https?:\/\//.test(base)) {
    throw new Error(
      `${base}: is no http(s) address; for a folder on disk give directory(path) of @spatiallock/node`,
    );
  }
  const folder = base.replace(/\/*$/, '/');
  return {
    read: async (path) => {
      const reply = await fetch(folder + path);
      if (reply.status === 404) return undefined;
      if (!reply.ok) throw new Error(`${folder}${path}: the server answered ${reply.status}`);
      return new Uint8Array(await reply.arrayBuffer());
    },
  };
}
