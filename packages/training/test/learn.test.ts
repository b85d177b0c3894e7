// Learning from pictures in memory.

import { cpu } from '@spatiallock/backend-onnx';
import { type Backend, fromPretrained, type RgbImage } from '@spatiallock/core';
import { formatAdapter, parseAdapter, withAdapter } from '@spatiallock/core/adapters';
import { loadModel } from '@spatiallock/core/pipeline';
import { poi } from '@spatiallock/poi';
import { fixtureModel, smallUNetFiles } from '@spatiallock/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cropped } from '../src/learn/crop.js';
import { type LearnOptions, type LearnState, learn } from '../src/learn/index.js';

const backend = cpu({ threads: 1 });
const plugins = [poi({ injection: false })];
const words = new TextEncoder().encode(JSON.stringify(['a', 'dog']));
const base = fixtureModel({}, { ...smallUNetFiles({ injection: false }), 'tokenizer/words.json': words });

/** Red tells the column, green the row. */
const image = (width: number, height: number): RgbImage => ({
  width,
  height,
  channels: 3,
  data: Uint8ClampedArray.from({ length: 3 * width * height }, (_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    return [pixel % width, Math.floor(pixel / width), 7][channel]!;
  }),
});
const objects = [{ label: 'forklift', phrase: 'a forklift', box: [0.1, 0.1, 0.8, 0.9] as const }];

const taught = (more: Partial<LearnOptions> = {}) =>
  learn({
    ...{ backend, base, plugins, pictures: [{ image: image(40, 32), objects }], steps: 3, batch: 2 },
    rehearse: [{ prompt: 'a dog', objects: [{ phrase: 'a dog', box: [0.2, 0.2, 0.8, 0.8] }] }],
    ...more,
  });

/** Stops the learning after so many training steps; 0: while it rehearses. */
function stopAt(step: number): Pick<LearnOptions, 'stop' | 'onProgress'> {
  const controller = new AbortController();
  const onProgress: LearnOptions['onProgress'] = ({ task, done }) => {
    if (task === 'rehearsing' ? step === 0 : done === step) controller.abort(new Error('enough'));
  };
  return { stop: controller.signal, onProgress };
}

describe('learn', () => {
  it('gives an adapter for its base, the same for the same seed', async () => {
    const reported: string[] = [];
    const first = await taught({ onProgress: ({ task, done }) => reported.push(`${task} ${done}`) });
    expect(reported).toEqual(['rehearsing 1', 'training 1', 'training 2', 'training 3']);
    expect(first.losses).toHaveLength(3);
    const [again, other] = [await taught(), await taught({ seed: 1 })];
    expect(again.losses).toEqual(first.losses);
    expect(other.losses).not.toEqual(first.losses);
    expect(first.adapter.growth!.words).toEqual(['forklift', 'forklifts']);
    const bytes = formatAdapter(first.adapter);
    const pipe = await fromPretrained(await withAdapter(base, parseAdapter(bytes)), { backend, plugins });
    const layout = {
      prompt: 'a forklift',
      objects: [{ phrase: 'a forklift', box: [0.1, 0.1, 0.9, 0.9] as const }],
    };
    expect((await pipe.generate(layout, { steps: 2 })).images).toHaveLength(1);
    await pipe.dispose();
  });

  it('learns by the captions of its pictures where they have some', async () => {
    const [picture] = [{ image: image(40, 32), objects }];
    const captions = [undefined, 'a dog, a forklift'];
    const [plain, other] = await Promise.all(
      captions.map((caption) => taught({ pictures: [{ ...picture, ...(caption ? { caption } : {}) }] })),
    );
    expect(other!.losses).toHaveLength(3);
    expect(other!.losses).not.toEqual(plain!.losses);
  });

  it('ends when it is aborted', async () => {
    const controller = new AbortController();
    const run = taught({
      steps: 50,
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(run).rejects.toThrow('enough');
  });

  it('ends at once where it was aborted before', async () => {
    const compiled: unknown[] = [];
    const watched: Backend = {
      ...backend,
      compile: (...given) => {
        compiled.push(given);
        return backend.compile(...given);
      },
    };
    const ended = AbortSignal.abort(new Error('enough'));
    for (const by of ['signal', 'stop'] as const)
      await expect(taught({ backend: watched, [by]: ended })).rejects.toThrow('enough');
    expect(compiled).toEqual([]);
  });

  it('goes on from a state as if it had never ended', async () => {
    const states: LearnState[] = [];
    const onState = (state: LearnState) => void states.push(structuredClone(state));
    const whole = await taught({ stateEvery: 2, onState });
    expect(states.map(({ losses }) => losses.length)).toEqual([2, 3]);
    const reported: number[] = [];
    const onProgress: LearnOptions['onProgress'] = ({ task, done }) => {
      if (task === 'training') reported.push(done);
    };
    const rest = await taught({ resumeFrom: states[0]!, onProgress });
    expect(reported).toEqual([3]);
    expect(rest.losses).toEqual(whole.losses);
    expect(formatAdapter(rest.adapter)).toEqual(formatAdapter(whole.adapter));
  });

  it('goes on on a device of half precision from what float32 left, with a scaled loss', async () => {
    const states: LearnState[] = [];
    const onState = (state: LearnState) => void states.push(structuredClone(state));
    await taught({ stateEvery: 2, onState });
    const scales: boolean[] = [];
    const half: Backend = {
      ...backend,
      precision: 'half',
      compile(graph, params, options) {
        if (graph.updates) scales.push(graph.lossScaled === true);
        return backend.compile(graph, params, options);
      },
    };
    const rest = await taught({ backend: half, resumeFrom: states[0]! });
    expect(scales).toEqual([true]);
    expect(rest.losses).toHaveLength(3);
  });

  it('refuses a state of another model or another learning', async () => {
    const states: LearnState[] = [];
    await taught({ onState: (state) => void states.push(state), steps: 1, rehearse: [] });
    const [state] = states;
    const [name] = Object.keys(state!.tensors);
    const { [name!]: _, ...tensors } = state!.tensors;
    for (const [edit, fault] of [
      [{ base: 'x' }, 'resumeFrom: belongs to another base model; begin anew'],
      [{ tensors }, `resumeFrom: ${name} does not fit this training; begin anew`],
      [{ losses: [] }, 'resumeFrom: has the losses of 0 steps and not of each; begin anew'],
      [{ tensors: 5 as never }, 'resumeFrom.tensors: must be an object'],
      [{ losses: ['a'] as never }, 'resumeFrom.losses[0]: must be a number, not "a"'],
      [
        { tensors: JSON.parse(JSON.stringify(state!.tensors)) },
        /^resumeFrom\.tensors\..*\.data: must be a typed array of \d+ numbers; keep states by structured clone/,
      ],
      [
        { tensors: { ...state!.tensors, [name!]: { ...state!.tensors[name!]!, data: new Float32Array(0) } } },
        `resumeFrom.tensors.${name}.data: must be a typed array`,
      ],
      [{ losses: undefined as never }, 'resumeFrom.losses: must be a list'],
      [{ base: undefined as never }, 'resumeFrom.base: must be the hash of a base model'],
    ] as const) {
      const steps = 1;
      await expect(taught({ steps, resumeFrom: { ...state!, ...edit }, rehearse: [] })).rejects.toThrow(
        fault,
      );
    }
    await expect(taught({ stateEvery: 0 })).rejects.toThrow(/^stateEvery/);
  });

  it('refuses a state of other pictures or settings, and takes more steps and one of an earlier version', async () => {
    const states: LearnState[] = [];
    const same = { rehearse: [], steps: 2 };
    await taught({ ...same, steps: 1, onState: (state) => void states.push(state) });
    const [state] = states;
    const dark = image(40, 32);
    dark.data.fill(0);
    const moved = [{ ...objects[0]!, box: [0.2, 0.1, 0.8, 0.9] as const }];
    const others = 'resumeFrom: belongs to a training with other pictures, boxes or captions';
    for (const [edit, fault] of [
      [{ pictures: [{ image: dark, objects }] }, others],
      [{ pictures: [{ image: image(40, 32), objects: moved }] }, others],
      [{ pictures: [{ image: image(40, 32), objects, caption: 'a dog' }] }, others],
      [{ seed: 7 }, 'resumeFrom: belongs to a training with seed 0, not 7; give those, or begin anew'],
      [{ batch: 1 }, 'with batch 2, not 1'],
      [{ rehearse: [{ prompt: 'a dog', objects: [] }] }, 'with other layouts to rehearse'],
    ] as const) {
      await expect(taught({ ...same, ...edit, resumeFrom: state! })).rejects.toThrow(fault);
    }
    const { fingerprint: _, ...earlier } = state!;
    const { optimiser, ...noted } = state!.fingerprint!;
    expect(optimiser).toBe('adamw');
    const withoutOptimiser = { ...state!, fingerprint: noted };
    await expect(taught({ ...same, optimiser: 'muon', resumeFrom: withoutOptimiser })).rejects.toThrow(
      'with optimiser undefined, not "muon"',
    );
    const losses = await Promise.all(
      [state!, earlier, withoutOptimiser].map(
        async (resumeFrom) => (await taught({ ...same, resumeFrom })).losses,
      ),
    );
    expect(losses[0]).toHaveLength(2);
    expect(losses[1]).toEqual(losses[0]);
    expect(losses[2]).toEqual(losses[0]);
  });

  it('keeps what was learnt until it is stopped, and nothing before the first step', async () => {
    const whole = await taught({ steps: 50, ...stopAt(2) });
    expect(whole.losses).toHaveLength(2);
    const weights = Object.values(whole.adapter.weights).flatMap((own) => Object.entries(own));
    const untaught = await loadModel(base, plugins);
    const changed = weights.filter(([name, { data }]) => {
      const before = untaught.unet.params[name];
      return before !== undefined && (data as Float32Array).some((value, i) => value !== before.data[i]);
    });
    expect(changed.length).toBeGreaterThan(0);
    await expect(taught({ steps: 50, ...stopAt(0) })).rejects.toThrow('enough');
  });

  it('moves no faster where few steps are asked for', async () => {
    const [few, many] = [await taught(), await taught({ steps: 300, ...stopAt(3) })];
    expect(few.losses).toEqual(many.losses);
    expect(formatAdapter(few.adapter)).toEqual(formatAdapter(many.adapter));
  });

  it.each([
    [{ pictures: [] }, 'pictures: there is none'],
    [{ pictures: [{ image: image(8, 8), objects: [] }] }, 'pictures[0].objects: is empty'],
    [{ pictures: [{ image: { ...image(8, 8), width: 9 }, objects }] }, '192 bytes do not make 9 x 8 pixels'],
    [{ pictures: [{ image: image(8, 8), objects: [{ ...objects[0]!, phrase: '!' }] }] }, 'holds no word'],
    [{ steps: 0 }, 'steps: must be a whole number of at least 1, not 0'],
    [{ pictures: undefined }, 'pictures: must be a list of pictures'],
    [{ pictures: 'x' }, 'pictures: must be a list of pictures'],
    [{ pictures: [{ objects }] }, 'pictures[0].image: must be an object'],
    [{ pictures: [{ image: image(8, 8) }] }, 'pictures[0].objects: must be a list'],
    [{ pictures: [{ image: { ...image(8, 8), data: 5 }, objects }] }, 'pictures[0].image.data: must be'],
    [
      { pictures: [{ image: image(8, 8), objects: new Array(40).fill(objects[0]) }] },
      'pictures[0].objects: 40 are too many; at most 30 fit',
    ],
    [
      { pictures: [{ image: image(8, 8), objects: [{ label: 'dog', box: objects[0]!.box }] }] },
      'pictures[0].objects[0].phrase: must be text',
    ],
    ...[
      [0, 0, 2, 1],
      [0.5, 0.5, 0.1, 0.1],
      [Number.NaN, 0, 1, 1],
    ].map((box) => [
      { pictures: [{ image: image(8, 8), objects: [objects[0], { ...objects[0]!, box }] }] },
      'pictures[0].objects[1].box: x',
    ]),
    [{ pictures: [{ image: image(8, 8), objects, caption: 5 }] }, 'pictures[0].caption: must be text'],
    [
      { pictures: [{ image: image(40, 40), objects: [{ ...objects[0], box: [0, 0, 0.02, 0.02] }] }] },
      'minBox: every box is smaller than 0.04',
    ],
    [{ rehearse: 'x' }, 'rehearse: must be a list of layouts'],
    [
      { rehearse: [{ prompt: 'a xylophonist', objects: [] }] },
      'rehearse[0].prompt: the model never learnt "xylophonist"',
    ],
    [
      { pictures: [{ image: image(8, 8), objects, caption: 'a forklift 🎉' }] },
      'pictures[0].caption: the model never learnt "🎉"',
    ],
    [{ rehearse: [{ prompt: 'a dog' }] }, 'rehearse[0].objects: must be a list'],
    [{ signal: 5 }, 'signal: must be an AbortSignal'],
    [{ stop: 5 }, 'stop: must be an AbortSignal'],
    [{ onProgress: 5 }, 'onProgress: must be a function'],
    [{ backend: undefined }, 'backend'],
    [{ resumeFrom: { base: 'x' } }, 'resumeFrom.tensors: must be an object'],
  ] as [object, string][])('refuses what it cannot learn from: %#', async (given, message) => {
    await expect(taught(given)).rejects.toThrow(message);
  });
});

describe('a crop of a picture in memory', () => {
  it('has the pixels of its place, mirrored where it says so', () => {
    const whole = fc.record({
      left: fc.nat(9),
      top: fc.nat(9),
      width: fc.integer({ min: 1, max: 10 }),
      height: fc.integer({ min: 1, max: 10 }),
      flip: fc.boolean(),
    });
    fc.assert(
      fc.property(whole, ({ left, top, width, height, flip }) => {
        const crop = { left, top, width, height, flip, size: { width, height } };
        const { data } = cropped(image(20, 20), crop);
        for (let i = 0; i < width * height; i++) {
          const [x, y] = [i % width, Math.floor(i / width)];
          expect([...data.subarray(3 * i, 3 * i + 3)]).toEqual([
            left + (flip ? width - 1 - x : x),
            top + y,
            7,
          ]);
        }
      }),
    );
  });
});
