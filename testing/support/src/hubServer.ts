// A server on loopback that speaks the hub's protocol for one repository, with faults.

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubServer {
  readonly endpoint: string;
  readonly commit: string;
  /** `METHOD PATH RANGE` of every request. */
  readonly requests: string[];
  /** What an Authorization header held, for each request to the hub itself, and to the store behind it. */
  readonly tokens: { readonly hub: (string | undefined)[]; readonly store: (string | undefined)[] };
  /** Looks at each request before it is answered; true: it has answered. */
  fault?: (request: IncomingMessage, response: ServerResponse, path: string) => boolean;
  close(): Promise<void>;
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
export const gitHash = (bytes: Uint8Array): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

/** Files in LFS, as the hub keeps them: large ones, and binary ones. */
export const isLfs = (path: string): boolean => path.endsWith('.safetensors');

/** Serves `files` as the repository `id`; those in LFS by way of a second server, as the hub does. */
export async function hubServer(id: string, files: Readonly<Record<string, Uint8Array>>): Promise<HubServer> {
  const commit = sha256(Buffer.from(id)).slice(0, 40);
  const requests: string[] = [];
  const tokens = { hub: [] as (string | undefined)[], store: [] as (string | undefined)[] };
  const close: (() => Promise<void>)[] = [];
  const self: { fault?: HubServer['fault'] } = {};

  const listen = async (answer: (request: IncomingMessage, response: ServerResponse) => void) => {
    const server = createServer(answer);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    close.push(
      () =>
        new Promise((done) => {
          server.closeAllConnections();
          server.close(() => done());
        }),
    );
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const note = (request: IncomingMessage): string => {
    const { pathname } = new URL(request.url ?? '', 'http://x');
    const { range } = request.headers;
    requests.push(`${request.method} ${pathname}${range ? ` ${range}` : ''}`);
    return decodeURIComponent(pathname);
  };

  const store = await listen((request, response) => {
    const path = note(request);
    tokens.store.push(request.headers.authorization);
    if (self.fault?.(request, response, path)) return;
    sendFile(request, response, files[path.slice('/store/'.length)]);
  });
  const endpoint = await listen((request, response) => {
    const path = note(request);
    tokens.hub.push(request.headers.authorization);
    if (self.fault?.(request, response, path)) return;
    if (path === `/api/models/${id}/revision/main` || path === `/api/models/${id}/revision/${commit}`) {
      return json(response, { _id: '1', id, sha: commit, lastModified: '2024-01-01', private: false });
    }
    if (path === `/api/models/${id}/tree/${commit}`) return json(response, treeOf(files));
    const prefix = `/${id}/resolve/${commit}/`;
    const name = path.startsWith(prefix) ? path.slice(prefix.length) : '';
    if (!Object.hasOwn(files, name)) return refuse(response, 404);
    if (!isLfs(name)) return sendFile(request, response, files[name]);
    response
      .writeHead(302, { location: `${store}/store/${name}`, 'x-linked-etag': `"${sha256(files[name]!)}"` })
      .end();
  });

  return Object.assign(self, {
    endpoint,
    commit,
    requests,
    tokens,
    async close() {
      for (const each of close) await each();
    },
  });
}

export function refuse(response: ServerResponse, status: number, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{"error":"no"}');
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function treeOf(files: Readonly<Record<string, Uint8Array>>) {
  return Object.entries(files).map(([path, bytes]) => ({
    type: 'file',
    path,
    size: bytes.length,
    oid: gitHash(bytes),
    ...(isLfs(path) ? { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 130 } } : {}),
  }));
}

function sendFile(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array | undefined): void {
  if (!bytes) {
    refuse(response, 404);
    return;
  }
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  if (from === undefined) {
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    return;
  }
  const at = Number(from);
  response
    .writeHead(206, {
      'content-length': bytes.length - at,
      'content-range': `bytes ${at}-${bytes.length - 1}/${bytes.length}`,
    })
    .end(bytes.subarray(at));
}
