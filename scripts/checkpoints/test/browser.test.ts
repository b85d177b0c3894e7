// What the measurement in a browser stands on: a server that can be cut, and the memory of processes.

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ModelServer, rangeOf, serveModel } from '../browser/modelServer.js';
import { descendants, parseStatus } from '../browser/processMemory.js';

const folder = mkdtempSync(join(tmpdir(), 'model-server-'));
const weights = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * i) % 251));
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('the server of a model', () => {
  let server: ModelServer;
  beforeAll(async () => {
    writeFileSync(join(folder, 'unet.safetensors'), weights);
    server = await serveModel(folder);
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  const ask = (path: string, range?: string) =>
    fetch(`${server.origin}/${path}`, range === undefined ? {} : { headers: { range } });

  it('answers whole files and parts, named by their hash, and nothing above its folder', async () => {
    const whole = await ask('unet.safetensors');
    expect([whole.status, whole.headers.get('etag')]).toEqual([200, `"${sha256(weights)}"`]);
    expect(sha256(new Uint8Array(await whole.arrayBuffer()))).toBe(sha256(weights));
    const rest = await ask('unet.safetensors', 'bytes=2999990-');
    expect([rest.status, rest.headers.get('content-range')]).toEqual([206, 'bytes 2999990-2999999/3000000']);
    expect([...new Uint8Array(await rest.arrayBuffer())]).toEqual([...weights.subarray(2_999_990)]);
    expect((await ask('unet.safetensors', 'bytes=3000000-')).status).toBe(416);
    expect((await ask('..%2f..%2fetc%2fpasswd')).status).toBe(404);
    await ask('unet.safetensors', 'bytes=0-0');
    expect(server.requests).toEqual([
      { path: 'unet.safetensors', from: 0, sent: 3_000_000 },
      { path: 'unet.safetensors', from: 2_999_990, sent: 10 },
    ]);
  });

  it('cuts what it is sending', async () => {
    const reached = server.sentUpTo('unet.safetensors', 1);
    const answer = await ask('unet.safetensors');
    await reached;
    server.cut();
    await expect(answer.arrayBuffer()).rejects.toThrow();
  });
});

it('ranges that a file does not have are none', () => {
  expect(rangeOf(undefined, 10)).toEqual([0, 9]);
  expect(rangeOf('bytes=3-', 10)).toEqual([3, 9]);
  expect(rangeOf('bytes=3-50', 10)).toEqual([3, 9]);
  expect(rangeOf('bytes=3-5', 10)).toEqual([3, 5]);
  for (const header of ['bytes=10-', 'bytes=5-3', 'bytes=-3', 'lines=1-2']) {
    expect(rangeOf(header, 10)).toBeUndefined();
  }
});

it('memory is read from the status of a process', () => {
  const status = 'Name:\tchromium\nPPid:\t17\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n';
  expect(parseStatus(status)).toEqual({ parent: 17, resident: 2 ** 20, peak: 2 ** 21 });
  expect(parseStatus('Name:\tkthreadd\nPPid:\t0\n')).toEqual({ parent: 0, resident: 0, peak: 0 });
});

it('processes below another are found at any depth', () => {
  const all = [
    { id: 1, parent: 0 },
    { id: 2, parent: 1 },
    { id: 3, parent: 2 },
    { id: 4, parent: 0 },
  ];
  expect(descendants(all, 1).map(({ id }) => id)).toEqual([2, 3]);
});
