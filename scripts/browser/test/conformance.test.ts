// Every case on every device of a real browser.

import { conformanceCases } from '@spatiallock/conformance';
import { fixtureSource } from '@spatiallock/fixtures';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type ConformanceSession, openConformance } from '../conformanceSession.js';
import { browserDevices } from '../devices.js';

/** WebGPU without a graphics card compiles each shader on the processor. */
const PATIENCE = 600_000;
const names = conformanceCases({ fixtures: fixtureSource('diffusers-sd1/') }).map(({ name }) => name);

let browser: ConformanceSession;
beforeAll(async () => {
  browser = await openConformance();
}, PATIENCE);
afterAll(() => browser?.close());

describe.each(browserDevices)('conformance of %s in Chromium', (device) => {
  it.each(names)(
    '%s',
    async (name) => {
      const { error } = await browser.run(device, name);
      if (error !== undefined) throw new Error(error);
    },
    PATIENCE,
  );
});
