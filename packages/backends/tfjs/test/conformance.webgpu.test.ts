// WebGPU in Node, through Dawn. Where the machine has no card, Vulkan finds the software device that comes with
// Debian's Chromium.

import { existsSync } from 'node:fs';
import { conformanceCases } from '@spatiallock/conformance';
import { fixtureSource } from '@spatiallock/fixtures';
import { afterAll, describe, it } from 'vitest';
import { webgpu } from '../src/index.js';

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';
const onSoftware = !process.env.VK_ICD_FILENAMES && existsSync(SWIFTSHADER);
if (onSoftware) process.env.VK_ICD_FILENAMES = SWIFTSHADER;

/** Minutes on a software device, which Chromium's run of the suite spends on this backend already. */
const minutes = ['picture: 5 steps', 'network: UNet2DConditionModel'];

const backend = webgpu();
afterAll(() => backend.dispose());

describe('conformance of tfjs-webgpu in Node', () => {
  const cases = conformanceCases({ fixtures: fixtureSource('diffusers-sd1/') }).filter(
    ({ name }) => !(onSoftware && minutes.includes(name)),
  );
  it.each(cases.map(({ name, run }) => [name, run] as const))('%s', { timeout: 300_000 }, (_, run) =>
    run(backend),
  );
});
