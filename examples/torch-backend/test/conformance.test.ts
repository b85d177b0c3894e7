import { conformanceCases } from '@spatiallock/conformance';
import { fixtureSource } from '@spatiallock/fixtures';
import { afterAll, describe, it } from 'vitest';
import { torchCpu } from './support.js';

const backend = torchCpu();
afterAll(() => backend.dispose());

describe('conformance of PyTorch on the processor', () => {
  const cases = conformanceCases({ fixtures: fixtureSource('diffusers-sd1/') });
  it.each(cases.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run(backend));
});
