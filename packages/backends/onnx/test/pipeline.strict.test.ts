// What a pipeline refuses, tells of, and does not lose.

import {
  fromPretrained,
  imagesOf,
  input,
  type Layout,
  type LayoutInput,
  MAX_SEED,
  multiply,
  PLUGIN_VERSION,
  type Plugin,
  type StreamOptions,
  tensor,
} from '@spatiallock/core';
import { readFile, readSafetensors, writeSafetensors } from '@spatiallock/core/io';
import { earlyCalls } from '@spatiallock/core/pipeline';
import { poi } from '@spatiallock/poi';
import { fixtureModel } from '@spatiallock/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { backend, worst } from './support.js';

const layout: Layout = {
  prompt: 'a dog and an apple',
  objects: [{ phrase: 'a dog', box: [0.1, 0.3, 0.5, 0.9] }],
};
const quick = { steps: 2, scheduler: 'ddim', seed: 1 } as const;
const latentsOnly = { ...quick, decode: false };
const pipe = await fromPretrained(fixtureModel(), { backend, plugins: [poi()] });

afterAll(() => backend.dispose());

/** What JavaScript without types can pass. */
const untyped = <T>(value: unknown): T => value as T;

describe('options that nobody reads', () => {
  it.each([
    [{ step: 1 }, /^options: "step" is not known; did you mean steps\?/],
    [{ guidance: 3 }, /"guidance" is not known; did you mean guidanceScale\?/],
    [{ classifierFree: 5 }, /"classifierFree" is not known; known are seed, steps/],
    [{ guidanceInterval: { stop: 0.5, scaleAfter: 1, until: 1 } }, /^guidanceInterval: "until" is not known/],
    [{ decode: 'no' }, /^decode: must be true or false, not "no"/],
    [{ onWarning: 'log' }, /^onWarning: must be a function, not "log"/],
    [{ signal: true }, /^signal: must be an AbortSignal, not true/],
    [{ seed: { toString: 0 } }, /^seed: must be a whole number in .* not \{ toString: 0 \}/],
    [null, /^options: must be an object, not null/],
  ])('%#', async (options, message) => {
    expect(() => pipe.stream(layout, untyped<StreamOptions>(options))).toThrow(message);
    await expect(pipe.generate(layout, untyped<StreamOptions>(options))).rejects.toThrow(message);
  });

  it.each([
    [
      { prompt: '', objects: [], negative: '' },
      /^layout: "negative" is not known; did you mean negativePrompt/,
    ],
    [
      { prompt: '', objects: [{ phrase: 'a', bbox: [] }] },
      /^objects\[0\]: "bbox" is not known; did you mean box/,
    ],
    [
      { prompt: '', objects: [{ phrase: 'a', box: [{ toString: 0 }, 0, 1, 1] }] },
      /x0 must be a number, not \{ toS/,
    ],
    [{ prompt: '', objects: [{ phrase: 'a', box: new Array(4) }] }, /x0 must be a number, not undefined/],
    [{ prompt: '', objects: new Array(1) }, /^objects\[0\]: must be an object, not undefined/],
  ])('in a layout: %#', (given, message) => {
    expect(() => pipe.check(untyped<Layout>(given))).toThrow(message);
  });

  it.each([
    [undefined, /^options: must be an object, not undefined/],
    [{}, /^options\.backend: must be a backend, .* not undefined/],
    [{ backend: 'cpu' }, /^options\.backend: must be a backend, .* not "cpu"/],
    [{ backend, plugin: [] }, /^options: "plugin" is not known; did you mean plugins\?/],
    [{ backend, plugins: poi() }, /^options\.plugins: must be a list/],
    [{ backend, plugins: [poi] }, /^options\.plugins\[0\]: must be a plugin/],
    [
      { backend, plugins: [poi(), poi()] },
      /^options\.plugins\[0\] and options\.plugins\[1\]: both are named "poi"/,
    ],
  ])('of fromPretrained: %#', async (options, message) => {
    const given = untyped<Parameters<typeof fromPretrained>[1]>(options);
    await expect(fromPretrained(fixtureModel(), given)).rejects.toThrow(message);
  });

  it('in spatiallock.json', async () => {
    const load = (settings: unknown) =>
      fromPretrained(fixtureModel({ 'spatiallock.json': settings }), { backend });
    await expect(load({ step: 2 })).rejects.toThrow(
      /^spatiallock\.json: "step" is not known; did you mean steps/,
    );
    await expect(load({ name: 5 })).rejects.toThrow('spatiallock.json: name: must be text, not 5');
    await expect(load({ guidanceScale: 1e9 })).rejects.toThrow(
      'spatiallock.json: guidanceScale: must be a number',
    );
  });

  it('objects that no plugin grounds', async () => {
    const plain = await fromPretrained(fixtureModel(), { backend });
    expect(() => plain.stream(layout)).toThrow(
      /^objects: no plugin of this pipeline holds objects to their boxes/,
    );
    expect(() => plain.check([layout])).toThrow(/^layouts\[0\]: objects: no plugin/);
    expect(plain.check({ ...layout, objects: [] })).toHaveLength(1);
    const own: Plugin = { name: 'own', pluginVersion: PLUGIN_VERSION, groundsObjects: true };
    const grounded = await fromPretrained(fixtureModel(), { backend, plugins: [own] });
    expect(grounded.check(layout)).toEqual([layout]);
    await Promise.all([plain.dispose(), grounded.dispose()]);
  });

  it('boxes may be typed as parsed JSON is', () => {
    const parsed: LayoutInput = {
      prompt: 'a dog',
      objects: [{ phrase: 'a dog', box: [0, 0, 1, 1].map(Number) }],
    };
    expect(pipe.check(parsed)[0]!.objects[0]!.box).toEqual([0, 0, 1, 1]);
  });
});

describe('numbers that are none', () => {
  it('in weights are an error that names file and tensor', async () => {
    const path = 'text_encoder/model.safetensors';
    const weights = readSafetensors(await readFile(fixtureModel(), path));
    const name = Object.keys(weights).find((each) => weights[each]!.dtype === 'float32')!;
    const data = Float32Array.from(weights[name]!.data);
    data[data.length - 1] = Number.NaN;
    const broken = writeSafetensors({ ...weights, [name]: tensor(data, weights[name]!.shape) });
    const loading = fromPretrained(fixtureModel({}, { [path]: broken }), { backend });
    await expect(loading).rejects.toThrow(`${path}: safetensors: ${name} holds NaN`);
  });

  it('in a call are an error that names it', async () => {
    const spoilt: Plugin = {
      name: 'spoilt',
      pluginVersion: PLUGIN_VERSION,
      network() {
        const gain = input('spoilt.gain', []);
        return { inputs: { 'spoilt.gain': gain }, hooks: { afterResnet: (map) => multiply(map, gain) } };
      },
      feed:
        () =>
        ({ stepIndex }) => ({ 'spoilt.gain': tensor([stepIndex === 1 ? Number.NaN : 1], []) }),
    };
    const spoiling = await fromPretrained(fixtureModel(), { backend, plugins: [spoilt] });
    const given = { ...layout, objects: [] };
    await expect(spoiling.generate(given, quick)).rejects.toThrow(
      /^call 2 of 2 \(timestep \d+\): the network gave NaN or an infinity; try a lower guidanceScale/,
    );
    await spoiling.dispose();
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%d in a picture', (value) => {
    expect(() => imagesOf(tensor([0, value, 0], [1, 3, 1, 1]))).toThrow(/^image: the decoder gave NaN/);
  });
});

describe('guidance', () => {
  it.each([0, 0.3, 1])('of %d is the conditional prediction alone, prompt and all', async (guidanceScale) => {
    const run = (prompt: string, scale: number) =>
      pipe.generate({ ...layout, prompt }, { ...latentsOnly, guidanceScale: scale });
    const [dog, cat, one] = [
      await run('a dog', guidanceScale),
      await run('a cat', guidanceScale),
      await run('a dog', 1),
    ];
    expect(dog.latents).toEqual(one.latents);
    expect(cat.latents).not.toEqual(dog.latents);
  });
});

describe('few steps', () => {
  it.each([1, 2, 3])('%d: objects count wherever until is above 0', async (steps) => {
    const run = async (until: number) => {
      const boxed = await fromPretrained(fixtureModel(), { backend, plugins: [poi({ until })] });
      const { latents } = await boxed.generate(layout, { ...latentsOnly, steps });
      await boxed.dispose();
      return latents;
    };
    const [off, on] = [await run(0), await run(0.3)];
    expect(on).not.toEqual(off);
  });

  it('a share of the calls is rounded down, but above 0 it is a call at least', () => {
    const cases: [number, number, number][] = [
      [0, 25, 0],
      [1e-9, 25, 1],
      [0.3, 1, 1],
      [0.3, 3, 1],
      [0.3, 50, 15],
      [0.7, 10, 7],
      [0.29, 100, 29],
      [0.7, 25, 17],
      [1, 25, 25],
    ];
    for (const [share, calls, early] of cases) expect(earlyCalls(share, calls)).toBe(early);
  });
});

describe('seeds', () => {
  it('beyond the largest are refused before anything is painted', () => {
    const rows = [layout, layout];
    expect(() => pipe.stream(rows, { seed: MAX_SEED })).toThrow(
      `seed: ${MAX_SEED} is too large for 2 pictures; the last would have a seed beyond ${MAX_SEED}`,
    );
    expect(() => pipe.stream(rows, { seed: MAX_SEED - 1 })).not.toThrow();
  });

  it.each(['torch', 'sfc32'] as const)('the largest two do not collide (%s)', async (generator) => {
    const options = { ...latentsOnly, generator, seed: MAX_SEED - 1 };
    const { latents, seeds } = await pipe.generate([layout, layout], options);
    expect(seeds).toEqual([MAX_SEED - 1, MAX_SEED]);
    const half = latents.data.length / 2;
    expect(latents.data.slice(0, half)).not.toEqual(latents.data.slice(half));
  });
});

describe('events', () => {
  it('hold copies: writing to them changes no picture', async () => {
    const expected = await pipe.generate(layout, quick);
    const plain = await pipe.stream(layout, quick).next();
    if (plain.done) throw new Error('no event');
    const preview = await plain.value.preview();
    for await (const event of pipe.stream(layout, quick)) {
      event.latents.data.fill(7);
      if (event.stepIndex === 0) expect(await event.preview()).toEqual(preview);
      if (event.images) expect(event.images).toEqual(expected.images);
    }
  });

  it('let the event loop take a turn, so that an abort from outside arrives', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const sampling = (async () => {
      for await (const { stepIndex } of pipe.stream(layout, {
        ...quick,
        steps: 20,
        signal: controller.signal,
      })) {
        seen.push(stepIndex);
        if (stepIndex === 1) setTimeout(() => controller.abort(), 0);
      }
    })();
    await expect(sampling).rejects.toThrow(/abort/i);
    expect(seen.length).toBeLessThan(10);
  });
});

describe('a scheduler that is not known', () => {
  const files = fixtureModel({ 'scheduler/scheduler_config.json': { _class_name: 'KandinskyScheduler' } });

  it('is an error only where no other is given', async () => {
    const opened = await fromPretrained(files, { backend, plugins: [poi()] });
    expect(opened.defaults.scheduler).toBe('KandinskyScheduler');
    expect(() => opened.stream(layout)).toThrow(
      /^scheduler: "KandinskyScheduler" is not known; known are ddim/,
    );
    const { scheduler } = await opened.generate(layout, { ...latentsOnly, scheduler: 'euler' });
    expect(scheduler).toBe('euler');
    await opened.dispose();
  });
});

// The fixtures' encoder has 77 positions, and its tokenizer a token for each letter.
const long = (tail: string): string => `${'a dog '.repeat(20)}${tail}`;

describe('words beyond the text encoder', () => {
  it('count: chunks are encoded one by one', async () => {
    const run = (prompt: string, negativePrompt = '') =>
      pipe.generate({ ...layout, prompt, negativePrompt }, { ...latentsOnly, guidanceScale: 3 });
    const [meadow, beach, again, negative] = [
      await run(long('on a meadow')),
      await run(long('on a beach')),
      await run(long('on a beach')),
      await run(long('on a beach'), long('rain')),
    ];
    expect(meadow.warnings).toEqual([]);
    expect(worst(meadow.latents.data, beach.latents.data)).toBeGreaterThan(1e-6);
    expect(again.latents).toEqual(beach.latents);
    expect(worst(negative.latents.data, beach.latents.data)).toBeGreaterThan(1e-6);
  });

  it('a short prompt in a batch with a long one stays valid', async () => {
    const { latents } = await pipe.generate([layout, { ...layout, prompt: long('z') }], latentsOnly);
    expect(latents.shape[0]).toBe(2);
  });

  it('are an error where they are too many, and a warning where a phrase is cut', async () => {
    expect(() => pipe.check({ ...layout, prompt: long('x').repeat(10) })).toThrow(
      /^prompt: has \d+ tokens; at most 600 are read/,
    );
    expect(() => pipe.check({ ...layout, negativePrompt: 'word '.repeat(500) })).toThrow(
      /^negativePrompt: has 2000/,
    );
    const reported: string[] = [];
    const cut = { ...layout, objects: [{ ...layout.objects[0]!, phrase: long('z') }] };
    const { warnings } = await pipe.generate(cut, {
      ...latentsOnly,
      onWarning: (each) => reported.push(each),
    });
    expect(warnings).toEqual(reported);
    expect(reported).toHaveLength(1);
    expect(reported[0]).toMatch(
      /^objects\[0\]\.phrase: "a dog .* has 81 tokens, of which the first 75 are read/,
    );
  });
});

describe('options of plugins', () => {
  it.each([
    [{ strenght: 1 }, /^poi: "strenght" is not known; did you mean strength\?/],
    [{ strength: Number.POSITIVE_INFINITY }, /^poi\.strength: must be a number in 0\.\.10, not Infinity/],
    [{ strength: '1' }, /^poi\.strength: must be a number in 0\.\.10, not "1"/],
    [{ until: -0.1 }, /^poi\.until: must be a number in 0\.\.1, not -0\.1/],
    [{ placement: 'beside' }, /^poi\.placement: must be one of sequential, parallel, not "beside"/],
    [{ nullTokens: 1 }, /^poi\.nullTokens: must be true or false, not 1/],
    [null, /^poi: must be an object, not null/],
  ])('%#', (options, message) => {
    expect(() => poi(untyped(options))).toThrow(message);
  });

  it('may be undefined', () => {
    expect(poi({ strength: undefined, until: undefined, nullTokens: undefined }).name).toBe('poi');
  });
});
