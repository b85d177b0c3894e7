import { describe, expect, it } from 'vitest';
import { clipFactor, cosineRate, trainingLoop } from '../../src/entries/train.js';
import { type Executable, input, interpret, scalar, tensor } from '../../src/index.js';
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

  it('saves what the executable lends, where it does', async () => {
    saves.length = 0;
    const { readParams, ...counted } = counting(() => 1);
    const executable: Executable = {
      ...counted,
      readParams: () => Promise.reject(new Error('copied')),
      async withParams(use) {
        return use(await readParams());
      },
    };
    const { message } = await drain(trainingLoop({ ...options, executable }));
    expect(message).toBeUndefined();
    expect(saves.map(([, done]) => done)).toEqual([4, 6, 7]);
  });

  it('saves at the same steps after it went on, and after a save in between', async () => {
    const savedFrom = async (done: number, saveDue: () => boolean = () => false): Promise<number[]> => {
      saves.length = 0;
      const executable = counting(() => 1);
      await drain(trainingLoop({ ...options, executable, done, steps: 11, saveEvery: 4, saveDue }));
      return saves.map(([, at]) => at);
    };
    expect(await savedFrom(0)).toEqual([4, 8, 11]);
    expect(await savedFrom(3)).toEqual([4, 8, 11]);
    let asked = 0;
    expect(await savedFrom(0, () => ++asked === 5)).toEqual([4, 6, 8, 11]);
  });

  it('saves what is done when it is stopped', async () => {
    saves.length = 0;
    const controller = new AbortController();
    const loop = trainingLoop({ ...options, executable: counting(() => 1), signal: controller.signal });
    for await (const { done } of loop) if (done === 5) controller.abort();
    expect(saves.at(-1)).toEqual([3, 5]);
  });

  /** Runs a loop to its end; gives the steps that it reported and what it rejected with. */
  const drain = async (loop: ReturnType<typeof trainingLoop>) => {
    const reported: number[] = [];
    try {
      for await (const { done } of loop) reported.push(done);
    } catch (error) {
      return { reported, message: error instanceof Error ? error.message : String(error) };
    }
    return { reported, message: undefined };
  };

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'stops where the loss is %d, and keeps what was saved',
    async (bad) => {
      saves.length = 0;
      const loop = trainingLoop({ ...options, executable: counting((run) => (run < 4 ? 1 : bad)) });
      const { reported, message } = await drain(loop);
      expect(reported).toEqual([3, 4, 5]);
      expect(message).toMatch(`the loss of step 6 is ${bad}; the state saved last, of step 4, is kept`);
      expect(saves).toEqual([[2, 4]]);
    },
  );

  it('does not save a state that is not finite', async () => {
    saves.length = 0;
    const executable = counting(() => 1);
    const readParams = async () => {
      const { runs } = await executable.readParams();
      return Number(runs.data[0]) < 3 ? { runs } : { runs: tensor([1, Number.NaN], [2]) };
    };
    const { reported, message } = await drain(
      trainingLoop({ ...options, executable: { ...executable, readParams } }),
    );
    expect(reported).toEqual([3, 4, 5, 6]);
    expect(message).toMatch(/^training: runs is not finite after step 6; .* of step 4, is kept/);
    expect(saves).toEqual([[2, 4]]);
  });

  /** Batch 5 fails while step 4 still runs, which takes long enough for a missing handler to be noticed. */
  const failing = (fail: () => Promise<never>) => {
    const executable = counting(() => 1);
    const run = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return executable.run();
    };
    const batch = (step: number) => (step === 5 ? fail() : {});
    return trainingLoop({ ...options, saveEvery: 100, executable: { ...executable, run }, batch });
  };

  it.each([
    ['rejects', () => Promise.reject(new Error('a.jpg is truncated'))],
    [
      'throws',
      () => {
        throw new Error('a.jpg is truncated');
      },
    ],
  ])('ends in order, its state saved, where a batch that is made ahead %s', async (_, fail) => {
    saves.length = 0;
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const { reported, message } = await drain(failing(fail));
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', note);
    expect(message).toBe('a.jpg is truncated');
    expect(reported).toEqual([3, 4, 5]);
    expect(saves).toEqual([[3, 5]]);
    expect(unhandled).toEqual([]);
  });

  it('waits for the batch that is being made before it ends', async () => {
    const controller = new AbortController();
    let made = false;
    const batch = async (step: number) => {
      if (step === 3) await new Promise((resolve) => setTimeout(resolve, 30));
      made ||= step === 3;
      return {};
    };
    const loop = trainingLoop({
      ...options,
      executable: counting(() => 1),
      batch,
      signal: controller.signal,
    });
    for await (const _ of loop) controller.abort();
    expect(made).toBe(true);
  });

  it('tells both errors where the state of a failed training cannot be saved', async () => {
    const { message } = await drain(
      trainingLoop({
        ...options,
        executable: counting(() => 1),
        batch: (step) => (step === 3 ? Promise.reject(new Error('b.jpg is gone')) : {}),
        save: () => Promise.reject(new Error('the disk is full')),
      }),
    );
    expect(message).toBe('b.jpg is gone; then the state could not be saved: the disk is full');
  });

  it('saves when it is asked to, besides every so many steps', async () => {
    saves.length = 0;
    let asked = 0;
    const executable = counting(() => 1);
    await drain(trainingLoop({ ...options, executable, saveEvery: 100, saveDue: () => ++asked === 2 }));
    expect(saves).toEqual([
      [2, 4],
      [5, 7],
    ]);
  });
});
