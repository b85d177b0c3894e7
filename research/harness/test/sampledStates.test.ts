import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { referenceBackend, tensor } from '@spatiallock/core';
import type { LoadedModel } from '@spatiallock/core/pipeline';
import { writeTensors } from '@spatiallock/node';
import { afterAll, expect, it } from 'vitest';
import { sampledStates } from '../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'spatiallock-states-'));
afterAll(() => rmSync(folder, { recursive: true }));

const path = join(folder, 'states.safetensors');
const read = () =>
  sampledStates({
    ...{ backend: referenceBackend(), model: {} as LoadedModel, plans: [{ caption: '', objects: [] }] },
    ...{ seed: 1, maxTimestep: 200, folder, signal: new AbortController().signal },
  });

it('names a file that holds something else, or states of other layouts', async () => {
  await writeTensors(path, { latents: tensor([1, 2], [1, 2]) });
  await expect(read()).rejects.toThrow(`${path}: holds no states of sampling`);
  await writeTensors(path, { latents: tensor([1, 2], [2, 1]), timesteps: tensor([5, 6], [2]) });
  await expect(read()).rejects.toThrow(`${path}: holds states of 0.5 layouts, not 1; remove it`);
});
