// A model directory for pages of other sites, by ranges; connections can be cut.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface WeightRequest {
  readonly path: string;
  /** The first byte that was asked for. */
  readonly from: number;
  /** Bytes that were sent so far. */
  sent: number;
}

export interface ModelServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Requests for .safetensors files, without those for one byte. */
  readonly requests: WeightRequest[];
  /** Resolves once a request has sent the byte at this place of a file. */
  sentUpTo(path: string, byte: number): Promise<void>;
  /** Cuts the connections that are sending weights. */
  cut(): void;
  close(): Promise<void>;
}

const ALLOWED = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'range',
  'Access-Control-Expose-Headers': 'content-range, etag',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

export async function serveModel(folder: string): Promise<ModelServer> {
  const requests: WeightRequest[] = [];
  const sending = new Set<ServerResponse>();
  const waiting = new Set<{ readonly path: string; readonly byte: number; readonly resolve: () => void }>();
  const hashes = new Map<string, Promise<string>>();
  const hashOf = (file: string): Promise<string> => {
    const known = hashes.get(file) ?? sha256Of(file);
    hashes.set(file, known);
    return known;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for (const [name, value] of Object.entries(ALLOWED)) response.setHeader(name, value);
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://local').pathname).slice(1);
    const file = join(folder, normalize(`/${path}`));
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) return void response.writeHead(404).end();
    const { size } = found;
    const part = rangeOf(request.headers.range, size);
    if (!part) return void response.writeHead(416, { 'Content-Range': `bytes */${size}` }).end();
    const [first, last] = part;
    // The hash names the file, as on Hugging Face, so that the page holds what it has against it.
    response.setHeader('ETag', `"${await hashOf(file)}"`);
    response.setHeader('Content-Length', last + 1 - first);
    const isPart = request.headers.range !== undefined;
    if (isPart) response.setHeader('Content-Range', `bytes ${first}-${last}/${size}`);
    response.writeHead(isPart ? 206 : 200);
    if (request.headers.range === 'bytes=0-0' || !path.endsWith('.safetensors')) {
      return pipeline(createReadStream(file, { start: first, end: last }), response);
    }
    const record: WeightRequest = { path, from: first, sent: 0 };
    requests.push(record);
    sending.add(response);
    const counted = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        yield chunk;
        record.sent += chunk.byteLength;
        for (const each of waiting) {
          if (each.path !== path || first + record.sent < each.byte) continue;
          waiting.delete(each);
          each.resolve();
        }
      }
    };
    const bytes = createReadStream(file, { start: first, end: last, highWaterMark: 2 ** 20 });
    await pipeline(bytes, counted, response).finally(() => sending.delete(response));
  };
  // A page that leaves, or a cut, ends an answer early.
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    sentUpTo: (path, byte) => new Promise((resolve) => waiting.add({ path, byte, resolve })),
    cut() {
      for (const response of sending) response.destroy();
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** First and last byte of a header as `bytes=0-99` or `bytes=100-`, of all without one; undefined where none is there. */
export function rangeOf(header: string | undefined, size: number): readonly [number, number] | undefined {
  if (header === undefined) return [0, size - 1];
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(header) ?? [];
  if (first === undefined || Number(first) >= size) return undefined;
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return end < Number(first) ? undefined : [Number(first), end];
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) hash.update(chunk);
  return hash.digest('hex');
}
