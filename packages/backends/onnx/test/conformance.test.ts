import { conformanceCases } from '@spatiallock/conformance';
import { afterAll, describe, it } from 'vitest';
import { fixtureSource } from '../../../core/test/fixtures/read.js';
import { backend } from './support.js';

afterAll(() => backend.dispose());

describe('conformance of onnx-cpu in Node', () => {
  it.each(conformanceCases({ fixtures: fixtureSource('diffusers-sd1/') }))('$name', ({ run }) =>
    run(backend),
  );
});
