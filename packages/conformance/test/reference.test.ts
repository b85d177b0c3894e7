import { referenceBackend } from '@spatiallock/core';
import { fixtureSource } from '@spatiallock/fixtures';
import { describe, expect, it } from 'vitest';
import { checkCoverage } from '../src/cases.js';
import { expectTensor, worst } from '../src/compare.js';
import { conformanceCases, failures } from '../src/index.js';

const backend = referenceBackend();

describe('conformance of reference in Node', () => {
  const cases = conformanceCases({ fixtures: fixtureSource('diffusers-sd1/') });
  it.each(cases.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run(backend));
});

describe('the suite', () => {
  it('refuses an op without a case', () => {
    const op = { name: 'fourier', infer: () => ({ shape: [], dtype: 'float32' as const }) };
    expect(() => checkCoverage({}, { fourier: op })).toThrow('the op fourier has no case');
  });

  it('fails a backend whose numbers are wrong', async () => {
    const wrong: typeof backend = {
      ...backend,
      compile: async (graph, params) => {
        const executable = await backend.compile(graph, params);
        const run: typeof executable.run = async (inputs) => {
          const outputs = await executable.run(inputs);
          for (const { data } of Object.values(outputs)) data[0] += 1;
          return outputs;
        };
        return { ...executable, run };
      },
    };
    const numeric = conformanceCases().filter(({ name }) =>
      /^(add|matmul|softmax|gradient of conv2d|chain)/.test(name),
    );
    expect(numeric.length).toBeGreaterThan(30);
    expect(await failures(numeric, wrong)).toHaveLength(numeric.length);
  });

  it('takes no number for any number', () => {
    expect(worst([Number.NaN], [1]).error).toBe(Number.POSITIVE_INFINITY);
    expect(worst([1], [1, 2]).error).toBe(Number.POSITIVE_INFINITY);
    expect(worst([Number.POSITIVE_INFINITY], [Number.POSITIVE_INFINITY]).error).toBe(0);
    const [x, y] = [[1], [1.5]].map(
      (data) => ({ dtype: 'float32', shape: [1], data: Float32Array.from(data) }) as const,
    );
    expect(() => expectTensor('x', x!, y!, 0.1)).toThrow('x[0]: is 1 but must be 1.5');
  });
});
