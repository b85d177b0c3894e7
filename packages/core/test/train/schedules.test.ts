import { describe, expect, it } from 'vitest';
import { clipFactor, cosineRate, input, interpret, scalar, tensor, trainingLoop } from '../../src/index.js';
import { expectNear } from './support.js';

const numberOf = (graph: Parameters<typeof interpret>[0], feeds: Parameters<typeof interpret>[1] = {}) =>
  Object.values(interpret(graph, feeds, {})).map(({ data }) => Number(data[0]));

describe('cosineRate', () => {
  it('rises in a line, falls along half a cosine and stays at its floor', () => {
    const rate = cosineRate({ peak: 0.4, warmup: 10, steps: 30, floor: 0.1 });
    const at = (step: number) => numberOf({ rate: rate(scalar(step)) })[0];
    expectNear([1, 5, 10, 20, 30, 99].map(at), [0.04, 0.2, 0.4, 0.4 * 0.55, 0.04, 0.04], 1e-6);
  });
});

describe('clipFactor', () => {
  const [a, b] = [input('a', [2]), input('b', [1, 2])];
  const feeds = { a: tensor([1, 2], [2]), b: tensor([2, 4], [1, 2]) };

  it.each([
    { limit: 1, expected: 0.2 },
    { limit: 5.1, expected: 1 },
  ])('brings a joint norm of 5 down to $limit', ({ limit, expected }) => {
    const { factor, norm } = clipFactor([a, b], limit);
    expectNear(numberOf({ factor, norm }, feeds), [expected, 5], 1e-5);
  });
});

describe('trainingLoop', () => {
  /** An executable whose state is the number of its runs, and whose loss is given. */
  const counting = (lossAt: (run: number) => number) => {
    let runs = 0;
    return {
      run: async () => ({ loss: tensor([lossAt(++runs)], []), picture: tensor([0, 0], [2]) }),
      readParams: async () => ({ runs: tensor([runs], []) }),
      dispose: async () => undefined,
    };
  };
  const saves: [number, number][] = [];
  const save = async ({ runs }: { readonly runs?: { data: ArrayLike<number> } }, done: number) => {
    saves.push([Number(runs?.data[0]), done]);
  };
  const options = { done: 2, steps: 7, batch: () => ({}), save, saveEvery: 2 };

  it('counts on from what was done, saves now and then and at the end', async () => {
    saves.length = 0;
    const seen: (readonly [number, number])[] = [];
    for await (const { done, values } of trainingLoop({
      ...options,
      executable: counting((run) => run / 8),
    })) {
      seen.push([done, values.loss]);
      expect(Object.keys(values)).toEqual(['loss']);
    }
    expect(seen).toEqual([3, 4, 5, 6, 7].map((done, i) => [done, (i + 1) / 8]));
    expect(saves).toEqual([
      [2, 4],
      [4, 6],
      [5, 7],
    ]);
  });

  it('saves what is done when it is stopped', async () => {
    saves.length = 0;
    const controller = new AbortController();
    const loop = trainingLoop({ ...options, executable: counting(() => 1), signal: controller.signal });
    for await (const { done } of loop) if (done === 5) controller.abort();
    expect(saves.at(-1)).toEqual([3, 5]);
  });

  it('throws where the loss is no number, and does not save that state', async () => {
    saves.length = 0;
    const loop = trainingLoop({ ...options, executable: counting((run) => (run < 4 ? 1 : Number.NaN)) });
    const drain = async () => {
      for await (const { done } of loop) expect(done).toBeLessThan(6);
    };
    await expect(drain()).rejects.toThrow('the loss of step 6 is no number');
    expect(saves).toEqual([[2, 4]]);
  });
});
