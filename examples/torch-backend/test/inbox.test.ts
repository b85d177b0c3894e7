import { openSync, readdirSync, readSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { add, input, mean, type Tensor, tensor } from '@spatiallock/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inboxOf, openInbox } from '../src/inbox.js';
import { torchCpu } from './support.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inbox-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const held = (fd: number, size: number): number[] => {
  const bytes = new Uint8Array(size);
  readSync(fd, bytes, 0, size, 0);
  return [...bytes];
};

describe('the inbox', () => {
  it('holds the parts of the latest message one behind another, and has no name', () => {
    const inbox = openInbox(folder)!;
    try {
      expect(readdirSync(folder)).toEqual([]);
      inbox.put([Uint8Array.of(9, 9, 9, 9), Uint8Array.of(9)]);
      inbox.put([Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)]);
      expect(held(inbox.fd, 3)).toEqual([1, 2, 3]);
    } finally {
      inbox.close();
    }
  });

  it('says that a message does not fit, so that the pipe carries it', () => {
    const full = inboxOf(openSync('/dev/full', 'r+'));
    try {
      expect(full.put([Uint8Array.of(1)])).toBe(false);
    } finally {
      full.close();
    }
  });

  it('is left out where its folder is missing', () => {
    expect(openInbox(join(folder, 'missing'))).toBeUndefined();
  });

  it('carries large messages, also one that is sent before the last was answered', async () => {
    const size = 2 ** 19;
    const filled = (value: number): Tensor => tensor(new Float32Array(size).fill(value), [size]);
    const inputs = { a: input('a', [size]), b: input('b', [size]) };
    const backend = torchCpu();
    try {
      const outputs = { sum: add(mean(inputs.a), mean(inputs.b)) };
      const executable = await backend.compile({ inputs, params: {}, outputs }, {});
      const numbers = [1, 2, 3, 4];
      const all = numbers.map((n) => executable.run({ a: filled(n), b: filled(n / 4) }));
      const sums = (await Promise.all(all)).map(({ sum }) => sum!.data[0]);
      expect(sums).toEqual(numbers.map((n) => 1.25 * n));
    } finally {
      await backend.dispose();
    }
  });
});
