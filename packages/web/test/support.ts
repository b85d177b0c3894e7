// A store in memory, and a server on loopback with faults.

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DownloadStore, StoreFile } from '../src/index.js';

export interface MemoryStore extends DownloadStore {
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
  /** Bytes that fit; default: any number. */
  room?: number;
  /** Bytes that the store says are free; default: what fits. */
  reported?: number;
}

/** Like the browser's: a file is open once, and holds no more than there is room for. */
export function memoryStore(): MemoryStore {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const locked = new Set<string>();
  const used = (): number => [...files.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  const store: MemoryStore = {
    files,
    async open(name) {
      if (locked.has(name)) throw new DOMException('locked', 'NoModificationAllowedError');
      locked.add(name);
      files.set(name, files.get(name) ?? new Uint8Array());
      return openFile(name);
    },
    async blob(name) {
      const bytes = files.get(name);
      return bytes && new Blob([bytes]);
    },
    async remove(name) {
      files.delete(name);
    },
    list: async () => [...files].map(([name, { byteLength: size }]) => ({ name, size })),
    free: async () => store.reported ?? (store.room === undefined ? undefined : store.room - used()),
  };
  const openFile = (name: string): StoreFile => ({
    getSize: () => files.get(name)!.byteLength,
    read(into, { at }) {
      const part = files.get(name)!.subarray(at, at + into.byteLength);
      into.set(part);
      return part.byteLength;
    },
    write(bytes, { at }) {
      const old = files.get(name)!;
      const size = Math.max(old.byteLength, at + bytes.byteLength);
      if (store.room !== undefined && used() - old.byteLength + size > store.room) {
        throw new DOMException('full', 'QuotaExceededError');
      }
      const next = new Uint8Array(size);
      next.set(old);
      next.set(bytes, at);
      files.set(name, next);
      return bytes.byteLength;
    },
    truncate(size) {
      const next = new Uint8Array(size);
      next.set(files.get(name)!.subarray(0, size));
      files.set(name, next);
    },
    flush: () => undefined,
    close: () => void locked.delete(name),
  });
  return store;
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface FileServer {
  readonly origin: string;
  readonly files: Map<string, Uint8Array>;
  /** Path and range of every request, without those that ask for one byte. */
  readonly requests: string[];
  /** Bytes after which each answer is cut, used up one by one. */
  readonly cuts: number[];
  ranges: boolean;
  /** The first byte that is sent where others than the first are asked for; default: the one asked for. */
  resumesAt: (first: number) => number;
  /** The hash that the server reports for each file; default: its own. */
  etag: (bytes: Uint8Array) => string;
  status?: number;
  close(): Promise<void>;
}

export async function fileServer(files: Readonly<Record<string, Uint8Array>>): Promise<FileServer> {
  const self: Omit<FileServer, 'origin' | 'close'> = {
    files: new Map(Object.entries(files)),
    requests: [],
    cuts: [],
    ranges: true,
    resumesAt: (first) => first,
    etag: (bytes) => `"${sha256(bytes)}"`,
  };
  const server = createServer((request, response) => answer(self, request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return Object.assign(self, {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  });
}

function answer(
  self: Omit<FileServer, 'origin' | 'close'>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = decodeURIComponent(request.url ?? '/').slice(1);
  const { range } = request.headers;
  const isProbe = range === 'bytes=0-0';
  if (!isProbe) self.requests.push(range ? `${path} ${range}` : path);
  const bytes = self.files.get(path);
  if (!bytes) return void response.writeHead(404).end();
  if (self.status !== undefined) return void response.writeHead(self.status).end();
  const [, asked = '0', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const first = asked === '0' ? 0 : self.resumesAt(Number(asked));
  const partial = self.ranges && range !== undefined;
  const part = partial ? bytes.subarray(first, last === '' ? undefined : Number(last) + 1) : bytes;
  response.writeHead(partial ? 206 : 200, {
    etag: self.etag(bytes),
    'content-length': part.byteLength,
    ...(partial
      ? { 'content-range': `bytes ${first}-${first + part.byteLength - 1}/${bytes.byteLength}` }
      : {}),
  });
  const cut = isProbe ? undefined : self.cuts.shift();
  if (cut === undefined) return void response.end(part);
  // What the other side has not read when the cut comes is lost.
  response.write(part.subarray(0, cut), () => setTimeout(() => response.destroy(), 100));
}
