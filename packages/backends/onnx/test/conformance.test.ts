import { conformanceCases } from '@spatiallock/conformance';
import { fixtureSource } from '@spatiallock/fixtures';
import { afterAll, describe, it } from 'vitest';
import { backend } from './support.js';

afterAll(() => backend.dispose());

describe('conformance of onnx-cpu in Node', () => {
  const cases = conformanceCases({ fixtures: fixtureSource('diffusers-sd1/') });
  it.each(cases.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run(backend));
});
