import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensor } from '@spatiallock/core';
import { writeSafetensors } from '@spatiallock/core/io';
import { afterAll, expect, it } from 'vitest';
import { continuation } from '../src/continuation.js';

const root = mkdtempSync(join(tmpdir(), 'spatiallock-continuation-'));
afterAll(() => rmSync(root, { recursive: true }));
const run = join(root, 'run');

function publish(metrics: object): void {
  writeFileSync(join(root, 'metrics.json'), JSON.stringify(metrics));
  writeFileSync(join(root, 'config.json'), JSON.stringify({ labels: ['dog', 'cat'] }));
  writeFileSync(join(root, 'model.safetensors'), writeSafetensors({ bias: tensor([0.5], [1]) }));
}

it('goes on behind the pictures that were seen, also when its own figures have been published since', async () => {
  publish({ trainedOn: { pictures: 160 } });
  const first = await continuation(root, run);
  expect(first.seen).toBe(160);
  expect(first.weights?.bias?.data).toEqual(new Float32Array([0.5]));
  expect(first.labels).toEqual(['dog', 'cat']);
  publish({ trainedOn: { pictures: 208 } });
  expect((await continuation(root, run)).seen).toBe(160);
  expect((await continuation(root, join(root, 'next'))).seen).toBe(208);
});

it('refuses weights that do not tell what they have seen', async () => {
  publish({});
  await expect(continuation(root, join(root, 'other'))).rejects.toThrow(
    'metrics.json: trainedOn.pictures is missing',
  );
});
