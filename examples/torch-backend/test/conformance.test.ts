import { conformanceCases } from '@spatiallock/conformance';
import { afterAll, describe, it } from 'vitest';
import { fixtureSource } from '../../../packages/core/test/fixtures/read.js';
import { torchCpu } from './support.js';

const backend = torchCpu();
afterAll(() => backend.dispose());

describe('conformance of PyTorch on the processor', () => {
  const cases = conformanceCases({ fixtures: fixtureSource('diffusers-sd1/') });
  it.each(cases.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run(backend));
});
