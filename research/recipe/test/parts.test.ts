import { seedRanges } from '../src/settings.js';
// The pieces of the recipe, each against numbers worked out by hand.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  add,
  input,
  multiply,
  parameterStore,
  referenceBackend,
  scalar,
  tensor,
  zeros,
} from '@spatiallock/core';
import { topological } from '@spatiallock/core/backend';
import { random } from '@spatiallock/core/nn';
import { adamw } from '@spatiallock/core/train';
import { planScene, type ScenePlan } from '@spatiallock/scenes';
import type { TrainingStage } from '@spatiallock/training';
import { describe, expect, it } from 'vitest';
import { drawRows, schedule } from '../src/batches.js';
import { ownWeights } from '../src/distillation.js';
import { trailingTimesteps } from '../src/distillationLevels.js';
import { type EncodedScenes, type LatentCache, sceneCache } from '../src/latentCache.js';
import { noiseTable } from '../src/noiseTable.js';
import { packPixels, unpackPixels } from '../src/pixels.js';
import { profiles, withSettings } from '../src/runs.js';
import { stageClock } from '../src/stageClock.js';
import { besideUNet, readStart } from '../src/start.js';
import { substitute } from '../src/substitute.js';
import { textIds, textTokenizer } from '../src/text.js';
import { beganIn, type Ending, trainUntil } from '../src/timeLimit.js';

describe('packed pixels', () => {
  it('come back as the same bytes in -1..1, channel by channel', async () => {
    const bytes = Uint8Array.from([0, 127, 255, 255, 0, 1, 12, 200, 99, 254, 255, 253]);
    const packed = input('packed', [1, 1, 2, 2]);
    const graph = { inputs: { packed }, params: {}, outputs: { image: unpackPixels(packed) } };
    const executable = await referenceBackend().compile(graph, {});
    const { image } = await executable.run({ packed: packPixels(bytes, 2) });
    expect(image!.shape).toEqual([1, 3, 2, 2]);
    for (let pixel = 0; pixel < 4; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        expect(image!.data[4 * channel + pixel]).toBeCloseTo(bytes[3 * pixel + channel]! / 127.5 - 1, 6);
      }
    }
  });
});

describe('substitute', () => {
  it('puts other values in the place of inputs, wherever they are read, and leaves the rest alone', async () => {
    const [a, b] = [input('a', [2]), input('b', [2])];
    const untouched = multiply(b, 3);
    const roots = { sum: add(multiply(a, 2), untouched), untouched };
    const c = input('c', [2]);
    const result = substitute(roots, new Map([[a, add(c, 1)]]));
    expect(result.untouched).toBe(untouched);
    expect(topological([result.sum!])).not.toContain(a);
    const graph = { inputs: { b, c }, params: {}, outputs: { sum: result.sum! } };
    const executable = await referenceBackend().compile(graph, {});
    const { sum } = await executable.run({ b: tensor([10, 20], [2]), c: tensor([1, 2], [2]) });
    expect([...sum!.data]).toEqual([2 * 2 + 30, 2 * 3 + 60]);
  });
});

describe('noiseTable', () => {
  it('has mean 0 and variance 1, and another place for each row', () => {
    const table = noiseTable(2 ** 16);
    const rng = random(1);
    const rows = [new Float32Array(20_000), new Float32Array(20_000)] as const;
    for (const row of rows) table.fill(row, rng);
    const mean = rows[0].reduce((sum, x) => sum + x, 0) / rows[0].length;
    const power = rows[0].reduce((sum, x) => sum + x * x, 0) / rows[0].length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(power - 1)).toBeLessThan(0.05);
    expect(rows[1]).not.toEqual(rows[0]);
  });
});

describe('textIds', () => {
  it('keeps the words and the end of a phrase in few tokens, and refuses longer ones', () => {
    const { captions, phrases } = textIds(['a dog on a beach'], ['a blue apple', '']);
    const ids = textTokenizer.encode('a blue apple');
    expect(captions!.shape).toEqual([1, 77]);
    expect([...phrases!.data.slice(0, ids.length + 2)]).toEqual([
      textTokenizer.startId,
      ...ids,
      textTokenizer.endId,
    ]);
    expect([...phrases!.data.slice(12, 14)]).toEqual([textTokenizer.startId, textTokenizer.endId]);
    expect(() => textIds([], ['dog '.repeat(20)])).toThrow(/^"dog dog .*": has more than 12 tokens$/);
  });

  it('gives every text its own tokens, however many came before', () => {
    const texts = Array.from({ length: 70_000 }, (_, i) => `a dog ${'cat '.repeat(i % 7)}`.trim());
    const { captions } = textIds(texts, []);
    for (const row of [0, 1, 6, 7, 69_999]) {
      const ids = textTokenizer.encodePadded([texts[row]!]).data;
      expect(captions!.data.slice(77 * row, 77 * (row + 1)), texts[row]).toEqual(ids);
    }
  });

  it('holds every caption of the training scenes whole', () => {
    for (let seed = 0; seed < 400; seed++) {
      const { caption } = planScene(seedRanges.unet + seed, { variety: 'mixed' });
      expect(textTokenizer.encode(caption).length).toBeLessThanOrEqual(75);
    }
  });
});

describe('drawRows', () => {
  it('drops both, the caption and the objects in their shares', () => {
    const plan = planScene(7, { variety: 'plain' });
    const cache = { size: 1, plan: () => plan } as unknown as LatentCache;
    const rows = drawRows(cache, 8000, random(3));
    const share = (test: (row: (typeof rows)[number]) => boolean) => rows.filter(test).length / rows.length;
    expect(share(({ caption, objects }) => caption === '' && objects.length === 0)).toBeCloseTo(0.1, 1);
    expect(share(({ caption, objects }) => caption === '' && objects.length > 0)).toBeCloseTo(0.05, 1);
    expect(share(({ caption, objects }) => caption !== '' && objects.length === 0)).toBeCloseTo(0.25, 1);
    expect(rows.every(({ boxes }) => boxes.length === plan.objects.length)).toBe(true);
  });
});

describe('sceneCache', () => {
  /** Scenes whose plan and latents are their number. */
  const numbered = async (from: number): Promise<EncodedScenes> => {
    let next = from;
    return {
      async next() {
        const numbers = Array.from({ length: 64 }, () => next++);
        const plans = numbers.map((seed) => ({ seed }) as unknown as ScenePlan);
        return { latents: Float32Array.from(numbers), plans };
      },
      close: async () => undefined,
    };
  };
  const cacheOf = (fresh: number) => {
    const { signal } = new AbortController();
    return sceneCache({ size: 128, fresh, scale: 2, signal, say: () => undefined }, [1, 1, 1], numbered);
  };
  const contents = (cache: LatentCache) =>
    Array.from({ length: 128 }, (_, i) => [cache.plan(i), cache.latents(i)[0]]);

  it.each([0, 32, 64, 100])(
    'has at every step what a resumed run has there, %i new scenes a step',
    async (fresh) => {
      const unbroken = cacheOf(fresh);
      for (let step = 0; step < 7; step++) {
        await unbroken.advance(step);
        const resumed = cacheOf(fresh);
        await resumed.advance(step);
        expect(contents(resumed), `step ${step}`).toEqual(contents(unbroken));
      }
    },
  );
});

describe('trainUntil', () => {
  /** Ends by the clock after its second step; each save is given to `onSave`. */
  const endingEarly = async (onSave: () => Promise<void>) => {
    const folder = mkdtempSync(join(tmpdir(), 'spatiallock-until-'));
    const { scope, params } = parameterStore();
    const weight = scope.param('weight', [1], zeros);
    const stage = ({ onSave: save, onTimeUp }: Ending): TrainingStage => ({
      name: 'tiny',
      ...{ inputs: {}, params, loss: multiply(add(weight, 1), add(weight, 1)), optimiser: adamw() },
      learningRate: () => scalar(0.1),
      ...{ steps: 9, seed: 1, saveEvery: 1, onSave: save },
      batch(step) {
        if (step === 2) onTimeUp();
        return {};
      },
    });
    const { signal } = new AbortController();
    try {
      return await trainUntil({ backend: referenceBackend(), folder, signal }, onSave, stage);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it('gives the weights that were kept last where the time ended first', async () => {
    const { weight } = await endingEarly(async () => undefined);
    expect(weight!.data[0]).toBeLessThan(0);
  });

  it('rejects where the weights could not be kept when the time was up', async () => {
    let saves = 0;
    const fullDisk = async (): Promise<void> => {
      if (++saves > 1) throw new Error('no space is left on the disk');
    };
    await expect(endingEarly(fullDisk)).rejects.toThrow('no space is left on the disk');
  });
});

describe('trailingTimesteps', () => {
  it("are diffusers' trailing spacing, and a coarser grid lies on the finer one", () => {
    expect(trailingTimesteps(6)).toEqual([999, 832, 666, 499, 332, 166]);
    const fine = trailingTimesteps(24);
    expect(trailingTimesteps(6)).toEqual(fine.filter((_, i) => i % 4 === 0));
    expect(fine.at(-1)).toBeGreaterThan(0);
    expect(schedule.numTrainTimesteps).toBe(1000);
  });
});

describe('stageClock', () => {
  const rateAt = async (clock: ReturnType<typeof stageClock>): Promise<number> => {
    const rate = clock.rate((step) => multiply(step, 2))(input('step', []));
    const inputs = Object.fromEntries(
      topological([rate])
        .flatMap((value) => (value.inputs.length === 0 ? [value] : []))
        .flatMap((value) => (value.op.name === 'input' ? [[String(value.attrs.name), value]] : [])),
    );
    const executable = await referenceBackend().compile({ inputs, params: {}, outputs: { rate } }, {});
    return (await executable.run({ step: tensor([30], []), ...(await clock.feed()) })).rate!.data[0]!;
  };

  it('counts steps where no time is set', async () => {
    const clock = stageClock({ steps: 100 });
    expect([clock.steps, await clock.feed()]).toEqual([100, {}]);
    expect(await rateAt(clock)).toBe(60);
  });

  it('goes through the steps by the clock, and says when the time is up', async () => {
    let ups = 0;
    const clock = stageClock({ steps: 100, endsAt: Date.now() - 1 }, { onTimeUp: () => ups++ });
    expect(clock.steps).toBe(Number.MAX_SAFE_INTEGER);
    expect([await rateAt(clock), ups]).toEqual([200, 1]);
    const early = stageClock({ steps: 100, endsAt: Date.now() + 3_600_000 }, { onTimeUp: () => ups++ });
    expect((await early.feed()).progress!.data[0]).toBe(0);
    expect([await rateAt(early), ups]).toEqual([expect.closeTo(0, 1), 1]);
  });
});

it('a stage that goes on has its rate from when it began', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spatiallock-began-'));
  try {
    const first = await beganIn(folder);
    expect(first).toBeLessThanOrEqual(Date.now());
    const hour = 3_600_000;
    writeFileSync(join(folder, 'began.json'), `${first - hour}\n`);
    const resumed = { steps: 100, endsAt: first + hour };
    const clock = stageClock(resumed, { began: () => beganIn(folder) });
    expect((await clock.feed()).progress!.data[0]).toBeCloseTo(0.5, 2);
    writeFileSync(join(folder, 'began.json'), '"soon"');
    await expect(beganIn(folder)).rejects.toThrow('began.json: must hold the milliseconds');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('ownWeights', () => {
  it("leaves the teacher's out", () => {
    const value = tensor([1], [1]);
    expect(Object.keys(ownWeights({ 'conv_in.weight': value, 'teacher.conv_in.weight': value }))).toEqual([
      'conv_in.weight',
    ]);
  });
});

describe('withSettings', () => {
  it('replaces the number that is named, and nothing else', () => {
    const runs = withSettings(profiles.cores, ['unet.steps=7', 'cache.fresh=128']);
    expect(runs.unet).toEqual({ ...profiles.cores.unet, steps: 7 });
    expect(runs.cache.fresh).toBe(128);
    expect(profiles.cores.unet.steps).not.toBe(7);
  });

  it.each(['unet.steps', 'unet.steps=many', 'nothing.steps=3', 'unet=3'])('refuses %s', (setting) => {
    expect(() => withSettings(profiles.cores, [setting])).toThrow('--set: ');
  });

  it.each([
    ['unet.step=7', 'unet has no step; it has steps, batch, peak, ema, saveEvery, endsAt'],
    ['text.batch=4', 'text has no batch; it has steps'],
    ['unet.batch=0', 'unet.batch must be a whole number from 1 on, not 0'],
    ['unet.steps=1.5', 'unet.steps must be a whole number from 0 on, not 1.5'],
    ['distillation.steps=-3', 'distillation.steps must be a whole number from 0 on, not -3'],
    ['cache.size=100', 'cache.size must be a multiple of 64 from 64 on, not 100'],
    ['autoencoder.crop=100', 'autoencoder.crop must be a multiple of 16 of 16 to 256, not 100'],
    ['unet.ema=2', 'unet.ema must be a number of 0 to 1, not 2'],
    ['unet.endsAt=1796000000', 'unet.endsAt must be a number from 1000000000000 on, not 1796000000'],
    ['distillation.plain=24', 'distillation.plain must be less than distillation.batch (24), not 24'],
  ])('refuses %s, and says what may be set', (setting, reason) => {
    expect(() => withSettings(profiles.cores, [setting])).toThrow(`--set: ${reason}`);
  });

  it.each(Object.entries(profiles))('takes every number of %s', (_, runs) => {
    const settings = Object.entries(runs).flatMap(([stage, numbers]) =>
      Object.entries(numbers).map(([field, number]) => `${stage}.${field}=${number}`),
    );
    expect(withSettings(runs, settings)).toEqual(runs);
  });
});

it('a model to start from is named where it is none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spatiallock-start-'));
  try {
    await expect(readStart(folder)).rejects.toThrow(`--start: ${folder}: vae/config.json is missing`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('besideUNet', () => {
  it('names the text encoder by its place and leaves the head out', () => {
    const value = tensor([1], [1]);
    expect(besideUNet({ 'text_model.a': value, 'head.weight': value })).toEqual({
      'text_encoder.text_model.a': value,
    });
  });
});
