// The denoising loop and what acts around its calls, with plans and networks of a few numbers.

import { describe, expect, it } from 'vitest';
import { type DenoiseOptions, denoise, type Guide } from '../../src/entries/pipeline.js';
import { noiseSchedule, type SamplingPlan, type Step } from '../../src/entries/schedulers.js';
import type { Executable, Plugin, SamplingPart, Tensors } from '../../src/index.js';
import { tensor } from '../../src/index.js';
import { latentGuide } from '../../src/pipeline/guidance.js';
import { afterStepsOf, samplingParts, startingLatents, wrapPredict } from '../../src/pipeline/middleware.js';

const plan: SamplingPlan = {
  initNoiseSigma: 2,
  steps: [
    {
      timestep: 500,
      inputScale: 0.5,
      denoised: { sample: 1, output: -1 },
      next: { sample: { sample: 1, output: 1 } },
    },
    { timestep: 100, inputScale: 1, denoised: { sample: 2 }, next: { sample: { sample: 1, noise: 0.5 } } },
  ],
};

const numbers = (...values: number[]) => Float32Array.from(values);

function noises() {
  let drawn = 0;
  const noise = () => (drawn++ === 0 ? numbers(1, 2) : numbers(10, 20));
  return { noise, drawn: () => drawn };
}

async function run(more: Partial<DenoiseOptions> = {}) {
  const calls: (readonly unknown[])[] = [];
  const { noise, drawn } = noises();
  const events = [];
  const predict: DenoiseOptions['predict'] = async (sample, timestep, progress) => {
    calls.push([[...sample], timestep, progress]);
    return sample.map((value) => value * 2);
  };
  for await (const { stepIndex, sample, timestep, denoised, calls: of } of denoise({
    plan,
    noise,
    predict,
    ...more,
  })) {
    events.push({ stepIndex, of, timestep, sample: [...sample], denoised: [...denoised()] });
  }
  return { calls, events, drawn: drawn() };
}

describe('the denoising loop', () => {
  it('gives the network scaled latents, and steps as the plan says', async () => {
    const { calls, events, drawn } = await run();
    expect(calls).toEqual([
      [[1, 2], 500, { stepIndex: 0, calls: 2 }],
      [[4, 8], 100, { stepIndex: 1, calls: 2 }],
    ]);
    expect(events).toEqual([
      { stepIndex: 0, of: 2, timestep: 500, sample: [4, 8], denoised: [0, 0] },
      { stepIndex: 1, of: 2, timestep: 100, sample: [9, 18], denoised: [8, 16] },
    ]);
    expect(drawn).toBe(2);
  });

  it('starts from latents that are given, and draws no noise for them', async () => {
    const { calls, events, drawn } = await run({ start: numbers(6, 8) });
    expect(calls[0]![0]).toEqual([3, 4]);
    // The first noise is that of the second step now.
    expect(events[1]!.sample).toEqual([12.5, 17]);
    expect(drawn).toBe(1);
  });

  it('guides before each call and changes latents after each step, in their order', async () => {
    const received: unknown[] = [];
    const guide =
      (name: string, factor: number): Guide =>
      async (sample, step, progress) => {
        received.push([name, step.timestep, progress.stepIndex]);
        return sample.map((value) => value * factor + 1);
      };
    const { calls, events } = await run({
      guides: [guide('a', 1), guide('b', 10)],
      afterSteps: [
        ({ stepIndex, sample, next, step }) => {
          received.push(['after', stepIndex, step.timestep, next?.timestep]);
          return stepIndex === 0 ? sample.map((value) => -value) : undefined;
        },
        ({ sample }) => sample.map((value) => value + 0.5),
      ],
    });
    expect(received).toEqual([
      ['a', 500, 0],
      ['b', 500, 0],
      ['after', 0, 500, 100],
      ['a', 100, 1],
      ['b', 100, 1],
      ['after', 1, 100, undefined],
    ]);
    // ((2, 4) + 1) * 10 + 1, halved for the network.
    expect(calls[0]![0]).toEqual([15.5, 25.5]);
    expect(events[0]!.sample).toEqual([-61.5, -101.5]);
    expect(calls[1]![0]).toEqual([-604, -1004]);
    expect(events[1]!.sample).toEqual([-598.5, -993.5]);
  });

  it('is not changed by writing to what it yields', async () => {
    const { noise } = noises();
    const last: number[][] = [];
    for await (const { sample } of denoise({ plan, noise, predict: async (x) => x.map((v) => v * 2) })) {
      last.push([...sample]);
      sample.fill(0);
    }
    expect(last[1]).toEqual([9, 18]);
  });

  it.each<[string, Partial<DenoiseOptions>, string]>([
    [
      'network',
      { predict: async () => numbers(1, Number.NaN) },
      'call 1 of 2 (timestep 500): the network gave NaN',
    ],
    [
      'guidance',
      { guides: [async () => numbers(Number.POSITIVE_INFINITY, 0)] },
      'call 1 of 2 (timestep 500): guidance moved the latents to NaN',
    ],
    [
      'plugin',
      { afterSteps: [({ stepIndex }) => (stepIndex === 1 ? numbers(0, Number.NaN) : undefined)] },
      'call 2 of 2 (timestep 100): a plugin moved the latents to NaN',
    ],
    [
      'scheduler',
      { predict: async () => numbers(3e38, 3e38), start: numbers(3e38, 3e38) },
      "call 1 of 2 (timestep 500): the scheduler's step led to NaN",
    ],
  ])('names the call where numbers of the %s are none', async (_, more, message) => {
    await expect(run(more)).rejects.toThrow(message);
  });

  it('stops before a call, and between guidance and the network', async () => {
    const controller = new AbortController();
    let predicted = 0;
    const predict = async (sample: Float32Array) => {
      predicted++;
      return sample;
    };
    const guides: Guide[] = [
      async (sample) => {
        controller.abort();
        return sample;
      },
    ];
    await expect(run({ predict, guides, signal: controller.signal })).rejects.toThrow();
    await expect(run({ predict, signal: controller.signal })).rejects.toThrow();
    expect(predicted).toBe(0);
  });
});

describe('plugins around the calls', () => {
  const schedule = { ...noiseSchedule({}), alphasCumprod: Float64Array.of(0.81, 0.25, 0.04) };
  const step = (timestep: number, inputScale: number): Step => ({ ...plan.steps[0]!, timestep, inputScale });
  const at = { initNoiseSigma: 2, steps: [step(1, 0.5), step(0.5, 1)] };

  it('wrap the prediction, the first outermost', async () => {
    const part = (owner: string, add: number, factor: number) => ({
      owner,
      part: {
        predict:
          (next: DenoiseOptions['predict']): DenoiseOptions['predict'] =>
          async (sample, timestep, progress) =>
            (
              await next(
                sample.map((value) => value + add),
                timestep,
                progress,
              )
            ).map((value) => value * factor),
      },
    });
    const innermost = async (sample: Float32Array) => sample.map((value) => value * value);
    const predict = wrapPredict([part('a', 1, 10), { owner: 'none', part: {} }, part('b', 2, 3)], innermost);
    expect([...(await predict(numbers(1), 0, { stepIndex: 0, calls: 1 }))]).toEqual([
      (1 + 1 + 2) ** 2 * 3 * 10,
    ]);
    const short = { owner: 'short', part: { predict: () => async () => numbers() } };
    await expect(wrapPredict([short], innermost)(numbers(1), 0, { stepIndex: 0, calls: 1 })).rejects.toThrow(
      'plugin short: predict: has 0 numbers, but the latents have 1',
    );
    const wrong = (predict: unknown) => [{ owner: 'wrong', part: { predict } as SamplingPart }];
    expect(() =>
      wrapPredict(
        wrong(() => 3),
        innermost,
      ),
    ).toThrow('plugin wrong: predict: must be a function that gives the prediction');
    const mute = wrapPredict(
      wrong(() => () => undefined),
      innermost,
    );
    await expect(mute(numbers(1), 0, { stepIndex: 0, calls: 1 })).rejects.toThrow(
      'plugin wrong: predict: must give 1 numbers, not undefined',
    );
  });

  it('name the plugin whose part throws, and not those around it', async () => {
    const fail = (message: string) => (): never => {
      throw new Error(message);
    };
    const owned = async (name: string, sampling: () => SamplingPart) =>
      (await samplingParts([{ name, pluginVersion: 1, sampling } as Plugin], () => ({}) as never))[0]!;
    await expect(owned('a', fail('made'))).rejects.toThrow(/^plugin a: made$/);
    const broken = (): never => {
      throw new TypeError('no function');
    };
    await expect(owned('a', broken)).rejects.toThrow(new TypeError('plugin a: no function'));
    await expect(owned('a', broken)).rejects.toBeInstanceOf(TypeError);
    const outer = await owned('a', () => ({ predict: (next) => next }));
    const bad = await owned('b', () => ({
      start: fail('started'),
      predict: () => fail('predicted'),
      afterStep: async () => fail('stepped')(),
    }));
    const call = [numbers(1), 0, { stepIndex: 0, calls: 1 }] as const;
    await expect(wrapPredict([outer, bad], fail('inner'))(...call)).rejects.toThrow(/^plugin b: predicted$/);
    await expect(wrapPredict([outer], fail('inner'))(...call)).rejects.toThrow(/^inner$/);
    await expect(startingLatents([bad], at, schedule, numbers(1))).rejects.toThrow(/^plugin b: started$/);
    const [act] = afterStepsOf([bad], schedule);
    const state = {
      stepIndex: 0,
      calls: 1,
      step: at.steps[0]!,
      sample: numbers(1),
      denoised: () => numbers(0),
    };
    await expect(act!(state)).rejects.toThrow(/^plugin b: stepped$/);
  });

  it('start from noise of the first level, each from what the one before left', async () => {
    const seen: number[][] = [];
    const start = (factor: number) => ({
      owner: 'x',
      part: {
        start: ({ sample }: { sample: Float32Array }) => {
          seen.push([...sample]);
          return factor === 0 ? undefined : sample.map((value) => value * factor);
        },
      },
    });
    const parts = [start(3), start(0), { owner: 'none', part: {} }, start(5)];
    expect([...(await startingLatents(parts, at, schedule, numbers(1, -1)))]).toEqual([30, -30]);
    expect(seen).toEqual([
      [2, -2],
      [6, -6],
      [6, -6],
    ]);
    const short = { owner: 'short', part: { start: () => numbers(1) } };
    await expect(startingLatents([short], at, schedule, numbers(1, -1))).rejects.toThrow(
      'plugin short: start: has 1 numbers, but the latents have 2',
    );
    const odd = { owner: 'odd', part: { start: ({ sample, addNoise }: never) => noised(sample, addNoise) } };
    await expect(startingLatents([odd], at, schedule, numbers(1, -1))).rejects.toThrow(
      'addNoise: noise: has 1 numbers, but the latents have 2',
    );

    function noised(
      sample: Float32Array,
      addNoise: (clean: Float32Array, noise: Float32Array) => Float32Array,
    ): Float32Array {
      return addNoise(sample, numbers(1));
    }
  });

  it('bring clean latents to the level of the step that comes, in its own scale', async () => {
    const noisedAtStart = { owner: 'x', part: { start: ({ addNoise }: never) => add(addNoise) } };
    // Timestep 1 has an alphaCumprod of 0.25; the network halves what it is given there.
    const [start] = await startingLatents([noisedAtStart as never], at, schedule, numbers(0));
    expect(start).toBeCloseTo((0.5 * 4 + Math.sqrt(0.75) * 2) / 0.5, 5);
    const [act] = afterStepsOf(
      [{ owner: 'x', part: { afterStep: ({ addNoise }) => add(addNoise) } }],
      schedule,
    );
    const state = {
      stepIndex: 0,
      calls: 2,
      step: at.steps[0]!,
      sample: numbers(0),
      denoised: () => numbers(0),
    };
    const [middle] = (await act!({ ...state, next: at.steps[1]! }))!;
    expect(middle).toBeCloseTo(Math.sqrt(0.53) * 4 + Math.sqrt(0.47) * 2, 5);
    expect([...(await act!({ ...state, stepIndex: 1 }))!]).toEqual([4]);

    const [short] = afterStepsOf([{ owner: 'short', part: { afterStep: () => numbers(1, 2) } }], schedule);
    await expect(short!(state)).rejects.toThrow(
      'plugin short: afterStep: has 2 numbers, but the latents have 1',
    );
    const none = { owner: 'none', part: {} };
    expect(afterStepsOf([none], schedule)).toEqual([]);
    const [idle] = afterStepsOf([{ owner: 'idle', part: { afterStep: () => undefined } }], schedule);
    expect(await idle!(state)).toBeUndefined();

    function add(addNoise: (clean: Float32Array, noise: Float32Array) => Float32Array): Float32Array {
      return addNoise(numbers(4), numbers(2));
    }
  });

  it('are called at each step, in their order', async () => {
    const reported: unknown[] = [];
    const parts = await samplingParts(
      [
        {
          name: 'a',
          pluginVersion: 1,
          sampling: (context) => {
            reported.push(context);
            return { afterStep: () => undefined };
          },
        },
        { name: 'silent', pluginVersion: 1 },
        { name: 'b', pluginVersion: 1, sampling: () => ({ start: () => undefined }) },
      ],
      ({ name }) => ({ of: name }) as never,
    );
    expect(parts.map(({ owner }) => owner)).toEqual(['a', 'b']);
    expect(reported).toEqual([{ of: 'a' }]);
    const odd = { name: 'odd', pluginVersion: 1, sampling: () => ({ afterStep: 3 }) } as unknown as Plugin;
    await expect(samplingParts([odd], () => ({}) as never)).rejects.toThrow(
      'plugin odd: sampling().afterStep: must be a function, not 3',
    );
    const states: object[] = [];
    const afterStep = (state: object): undefined => {
      states.push(state);
    };
    const note = { owner: 'x', part: { afterStep } };
    const [act, ...others] = afterStepsOf([note, { owner: 'y', part: {} }], schedule);
    expect(others).toEqual([]);
    const state = {
      stepIndex: 0,
      calls: 2,
      step: at.steps[0]!,
      sample: numbers(1),
      denoised: () => numbers(0),
    };
    expect(await act!({ ...state, next: at.steps[1]! })).toBeUndefined();
    await act!(state);
    expect(states[0]).toMatchObject({ stepIndex: 0, calls: 2, timestep: 1, nextTimestep: 0.5 });
    expect(states[1]).not.toHaveProperty('nextTimestep');
  });
});

describe('guidance by a loss', () => {
  const schedule = { ...noiseSchedule({}), alphasCumprod: Float64Array.of(0.8, 0.4) };
  const step: Step = { ...plan.steps[0]!, timestep: 0.5, denoised: { sample: 3, output: -2 } };

  /** Two pictures of two numbers; each move adds 1, and the losses are given run by run. */
  function guided(losses: readonly (readonly [number, number])[], more: object = {}) {
    const fed: Tensors[] = [];
    const moves: unknown[] = [];
    const executable: Pick<Executable, 'run'> = {
      async run(inputs) {
        const at = fed.push(inputs) - 1;
        const moved = (inputs.sample!.data as Float32Array).map((value) => value + 1);
        return { losses: tensor(losses[at]!, [2]), moved: tensor(moved, [2, 2]) };
      },
    };
    const guide = latentGuide({
      plugin: 'mine',
      settings: { until: 0.5, repeats: 3, stop: 0.25, strength: ({ stepIndex }) => 7 + stepIndex },
      onMove: (event) => moves.push({ ...event, losses: [...event.losses] }),
      executable: executable as Executable,
      shape: [2, 2],
      text: tensor([9, 9], [2, 1, 1]),
      pluginInputs: ({ stepIndex }) => ({ own: tensor([stepIndex], []) }),
      schedule,
      ...more,
    });
    return { guide, fed, moves };
  }

  it('moves while a loss is above its stop, each picture for itself, a few times at most', async () => {
    const { guide, fed, moves } = guided([
      [1, 0.3],
      [1, 0.25],
      [0.26, 0],
    ]);
    const latents = await guide(numbers(0, 10, 20, 30), step, { stepIndex: 1, calls: 4 });
    expect([...latents]).toEqual([3, 13, 21, 31]);
    expect(moves).toEqual(
      [0, 1, 2].map((repeat) => ({
        ...{ stepIndex: 1, calls: 4, repeat },
        losses: [
          [1, Math.fround(0.3)],
          [1, 0.25],
          [Math.fround(0.26), 0],
        ][repeat],
      })),
    );
    expect(fed.map(({ sample }) => [...sample!.data])).toEqual([
      [0, 10, 20, 30],
      [1, 11, 21, 31],
      [2, 12, 21, 31],
    ]);
  });

  it('ends where no picture needs a move', async () => {
    const { guide, fed, moves } = guided([
      [1, 0.1],
      [0.25, 0.1],
    ]);
    expect([...(await guide(numbers(0, 0, 0, 0), step, { stepIndex: 0, calls: 4 }))]).toEqual([1, 1, 0, 0]);
    expect([fed.length, moves.length]).toEqual([2, 2]);
  });

  it('is over after its share of the calls', async () => {
    const { guide, fed } = guided([
      [0, 0],
      [0, 0],
    ]);
    const latents = numbers(1, 2, 3, 4);
    expect(await guide(latents, step, { stepIndex: 2, calls: 4 })).toBe(latents);
    expect(fed).toEqual([]);
    await guide(latents, step, { stepIndex: 1, calls: 4 });
    expect(fed).toHaveLength(1);
  });

  it('tells the graph where sampling stands', async () => {
    const { guide, fed } = guided([[0, 0]]);
    await guide(numbers(1, 2, 3, 4), step, { stepIndex: 1, calls: 4 });
    const plain = Object.fromEntries(
      Object.entries(fed[0]!).map(([name, { data }]) => [name, Array.from(data, Number)]),
    );
    expect(plain).toEqual({
      own: [1],
      sample: [1, 2, 3, 4],
      timestep: [0.5, 0.5],
      text: [9, 9],
      'guidance.alphaCumprod': [Math.fround(0.6), Math.fround(0.6)],
      'guidance.inputScale': [0.5],
      'guidance.fromSample': [3],
      'guidance.fromOutput': [-2],
      'guidance.strength': [8],
    });
  });

  it('takes a strength that is one number, and is cancelled before a move', async () => {
    const settings = { until: 1, repeats: 2, stop: 0, strength: 4 };
    const { guide, fed } = guided(
      [
        [1, 1],
        [1, 1],
      ],
      { settings },
    );
    await guide(numbers(1, 2, 3, 4), step, { stepIndex: 3, calls: 4 });
    expect(Number(fed[0]!['guidance.strength']!.data[0])).toBe(4);
    const late = guided([[1, 1]], {
      settings,
      onMove: async () => Promise.reject(new Error('nobody waits')),
    });
    await expect(late.guide(numbers(1, 2, 3, 4), step, { stepIndex: 0, calls: 4 })).rejects.toThrow(
      'plugin mine: guidance.onMove: gave a promise',
    );
    const stopped = guided([[1, 1]], { settings, signal: AbortSignal.abort() });
    await expect(stopped.guide(numbers(1, 2, 3, 4), step, { stepIndex: 0, calls: 4 })).rejects.toThrow();
    expect(stopped.fed).toEqual([]);
  });
});
