// The suite in a page: tests outside call `conformance.run(name)` for one case after another.

import { conformanceCases } from '@spatiallock/conformance';
import type { Backend } from '@spatiallock/core';
import { backends, fetched } from './backends.js';
import type { BrowserDevice, Outcome } from './devices.js';

const cases = new Map(conformanceCases({ fixtures: fetched('/fixtures/') }).map((one) => [one.name, one]));
let backend: Backend | undefined;

const conformance = {
  open(device: BrowserDevice): void {
    backend = backends[device]();
  },
  async run(name: string): Promise<Outcome> {
    const one = cases.get(name);
    if (!one || !backend) throw new Error(`${name}: no such case, or no device is open`);
    try {
      await one.run(backend);
      return {};
    } catch (error) {
      return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  },
};

export type Conformance = typeof conformance;
Object.assign(globalThis, { conformance });
