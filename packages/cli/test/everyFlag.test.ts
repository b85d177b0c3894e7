// Every flag of `generate` and `evaluate` does something. The tables name all of them, so that a new flag needs a row.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Detection, RgbImage } from '@spatiallock/core';
import { PNG_KEYWORD, readPngText, recordFields } from '@spatiallock/data';
import { readImage, writePng } from '@spatiallock/node';
import { fixtureModelFolder, temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import { evaluateArgs } from '../src/evaluateRequest.js';
import { generateArgs } from '../src/generate.js';
import type { Evaluator } from '../src/index.js';
import { modelArgs } from '../src/modelFlags.js';
import { knownPlugins } from '../src/plugins/known.js';
import { withSettings } from '../src/plugins/settings.js';
import { fakeServices, filesIn, plainImage, runHere } from './support.js';

type Words = Readonly<Record<string, string>>;

/** Flags and their values as words; an empty value is a switch. */
const asWords = (flags: Words): string[] =>
  Object.entries(flags).flatMap(([name, value]) => (value === '' ? [`--${name}`] : [`--${name}`, value]));

const known = await knownPlugins([], temporaryFolder());

describe('generate', async () => {
  const model = await fixtureModelFolder();
  const base: Words = {
    model,
    prompt: 'a dog',
    object: 'a dog@0.1,0.3,0.6,0.9',
    seed: '3',
    steps: '4',
    guidance: '3',
    strength: '1',
    'poi-until': '1',
    pog: '0',
    threads: '1',
  };
  const layout = join(temporaryFolder(), 'layout.json');
  writeFileSync(layout, JSON.stringify({ prompt: 'a bird', objects: [] }));
  const image = join(temporaryFolder(), 'photo.png');
  await writePng(image, plainImage(32, 200));
  const mask = join(temporaryFolder(), 'mask.png');
  await writePng(mask, plainImage(32, 255));

  /** What opens records knows these fields; a new one belongs into `recordFields`. */
  const named = new Set<string>([
    ...Object.values(recordFields).flat(),
    ...['prompt', 'negativePrompt', 'negativeObjects', 'width', 'height', 'objects'],
    ...known.plugins.flatMap(({ definition }) => (definition.settings ?? []).map(({ name }) => name)),
  ]);

  async function paint(flags: Words) {
    const cwd = temporaryFolder();
    const outcome = await runHere(['generate', ...asWords(flags)], { cwd });
    expect([outcome.code, outcome.stderr]).toEqual([0, '']);
    const name = filesIn(cwd).find((each) => each.endsWith('.png'))!;
    const bytes = readFileSync(join(cwd, name));
    const { data } = await readImage(join(cwd, name));
    const reported = readPngText(bytes, PNG_KEYWORD)!;
    const record = readFileSync(join(cwd, name.replace('.png', '.json')), 'utf8');
    for (const json of [reported, record]) {
      expect(Object.keys(JSON.parse(json)).filter((field) => !named.has(field))).toEqual([]);
    }
    return {
      ...outcome,
      files: filesIn(cwd),
      reported,
      pixels: data.join(),
      bytes: bytes.toString('base64'),
    };
  }
  const plain = paint(base);

  /** Flags that another picture comes from, with a value for each. */
  const changing: Words = {
    prompt: 'a cat',
    object: 'a dog@0.3,0.3,0.9,0.9',
    negative: 'a cat',
    'negative-object': 'a cat@0.5,0.5,1,1',
    layout,
    width: '40',
    height: '40',
    image,
    mask,
    keep: '',
    'image-strength': '0.5',
    'prompt-weighting': 'a1111',
    'clip-skip': '2',
    boxes: '',
    seed: '4',
    steps: '5',
    scheduler: 'euler',
    generator: 'sfc32',
    guidance: '5',
    'guidance-interval': '0.5,1',
    'late-guidance': '0.5,1',
    'guidance-rescale': '0.7',
    'deep-cache': '2',
    details: '0.9',
    strength: '0.5',
    'poi-until': '0.5',
    precision: 'half',
  };
  /** What flags need beside them to have an effect. */
  const companions: Readonly<Record<string, Words>> = {
    mask: { image },
    keep: { image },
    'image-strength': { image },
    'prompt-weighting': { prompt: 'a (dog)' },
    details: { object: 'a dog@0.1,0.3,0.3,0.5' },
  };
  /** Flags that decide which pictures there are, where they go and what is said of them; tested by name elsewhere. */
  const keeping = ['out', 'count', 'overwrite', 'json', 'quiet', 'verify', 'retry', 'min-iou', 'threads'];
  /**
   * Tested below, on the embedded model, and `device` where there is another; modules in modules.test.ts, boxes of captions in
   * captionBoxes.test.ts.
   */
  const apart = [
    ...['model', 'pog', 'device', 'plugin', 'plugin-options', 'lora', 'detector', 'detector-files'],
    'caption-alone',
  ];
  /** What is laid over a model, and where it comes from: `models.test.ts`. */
  const laidOver = Object.keys(modelArgs).filter((name) => name !== 'model');

  it('has a row for each flag', () => {
    expect([...Object.keys(changing), ...keeping, ...apart, ...laidOver].sort()).toEqual(
      Object.keys(withSettings(generateArgs, known, ['call'])).sort(),
    );
  });

  it.each(Object.entries(changing))(
    '--%s changes the picture, and what the picture says it was made from',
    async (name, value) => {
      const { prompt, object, ...rest } = base;
      const beside = companions[name];
      const without = beside ? paint({ ...base, ...beside }) : plain;
      const flags = name === 'layout' ? { ...rest, layout: value } : { ...base, ...beside, [name]: value };
      const [changed, plainly] = [await paint(flags), await without];
      expect(changed.pixels === plainly.pixels).toBe(false);
      expect(changed.reported).not.toBe(plainly.reported);
    },
  );

  it('repeats the picture where nothing changes, also with more threads', async () => {
    expect((await paint(base)).bytes).toBe((await plain).bytes);
    expect((await paint({ ...base, json: '', out: 'other.png' })).bytes).toBe((await plain).bytes);
  });

  it('--model and --pog change the picture', async () => {
    const { model: _, 'poi-until': __, ...more } = base;
    const embedded = { ...more, steps: '2' };
    const unguided = await paint(embedded);
    expect((await paint({ ...embedded, pog: '0.1' })).pixels === unguided.pixels).toBe(false);
    expect(unguided.pixels === (await plain).pixels).toBe(false);
  });

  it('--device says where it would compute', async () => {
    const words = asWords({ ...base, device: 'cuda' }).filter(
      (_, i, all) => all[i - (i % 2)] !== '--threads',
    );
    const { code, stderr, stdout } = await runHere(['generate', ...words], { cwd: temporaryFolder() });
    // Where there is a card it paints.
    expect(code === 0 ? stdout : stderr).toMatch(/cuda|picture\.png/);
  });
});

describe('evaluate', () => {
  /** Sees in every picture one dog that fills it. */
  const judge: Evaluator = {
    labels: [],
    detect: async () => [],
    detectMany: async (images: readonly RgbImage[]) =>
      images.map((): Detection[] => [{ label: 'dog', score: 0.9, box: [0, 0, 1, 1] }]),
  };
  const base: Words = { count: '2', batch: '2' };

  /** All that a run asked for and gave, but for the times that it took. */
  async function evaluate(flags: Words) {
    const cwd = temporaryFolder();
    const { services, requests, streams } = fakeServices(judge);
    const outcome = await runHere(['evaluate', ...asWords(flags)], { cwd, services });
    const stdout = outcome.stdout.replace(/[\d.]+ s a picture/, '').replace(/"secondsPerPicture": .*/, '');
    return JSON.stringify({ ...outcome, stdout, requests, streams, files: filesIn(cwd) }).replaceAll(cwd, '');
  }

  const changing: Words = {
    count: '3',
    batch: '1',
    scenes: 'wide',
    json: '-',
    captions: '1',
    varied: '1',
    html: 'report.html',
    quiet: '',
    'null-tokens': '',
    seed: '4',
    steps: '3',
    scheduler: 'euler',
    generator: 'torch',
    guidance: '5',
    'guidance-interval': '0.5,1',
    'late-guidance': '0.5,1',
    'guidance-rescale': '0.7',
    'deep-cache': '2',
    details: '0.9',
    strength: '0.5',
    'poi-until': '0.5',
    pog: '0.5',
    threads: '2',
    device: 'cuda',
    precision: 'half',
    model: '',
  };

  it('has a row for each flag', () => {
    const laidOver = Object.keys(modelArgs).filter((name) => name !== 'model');
    /** Tested in modules.test.ts and evaluateLayouts.test.ts. */
    const apart = ['plugin', 'plugin-options', 'lora', 'layouts', 'detector', 'detector-files'];
    const all = withSettings(evaluateArgs, known, ['call', 'ablation']);
    expect([...Object.keys(changing), ...laidOver, ...apart].sort()).toEqual(Object.keys(all).sort());
  });

  /** What it gives without further flags, computed once: it repeats itself. */
  let plain: Promise<string> | undefined;
  const unchanged = (): Promise<string> => {
    plain ??= evaluate(base);
    return plain;
  };

  it('repeats itself where nothing changes', async () => {
    expect(await evaluate(base)).toBe(await unchanged());
  });

  it.each(Object.entries(changing))(
    '--%s changes what is asked of the model or what is reported',
    async (name, value) => {
      const given = name === 'model' ? await fixtureModelFolder() : value;
      expect(await evaluate({ ...base, [name]: given })).not.toBe(await unchanged());
    },
  );

  it.each([
    ['seed', '4'],
    ['steps', '3'],
    ['scheduler', 'euler'],
    ['generator', 'torch'],
    ['guidance', '5'],
    ['strength', '0.5'],
    ['poi-until', '0.5'],
    ['pog', '0.5'],
    ['batch', '1'],
    ['count', '3'],
    ['scenes', 'wide'],
    ['null-tokens', ''],
  ])('--%s stands in the report', async (name, value) => {
    const { stdout } = await runHere(['evaluate', ...asWords({ ...base, json: '-', [name]: value })], {
      cwd: temporaryFolder(),
      services: fakeServices(judge).services,
    });
    const key =
      { guidance: 'guidanceScale', 'poi-until': 'poiUntil', 'null-tokens': 'nullTokens' }[name] ?? name;
    const asked: unknown = value === '' ? true : Number.isNaN(Number(value)) ? value : Number(value);
    expect(JSON.parse(stdout)[key]).toEqual(asked);
  });
});

describe('flags of sampling and of the model', () => {
  const dogs = JSON.stringify({ prompt: 'a dog', objects: [{ phrase: 'a dog', box: [0, 0, 0.5, 0.5] }] });
  const sampling: Words = {
    seed: '9',
    steps: '4',
    scheduler: 'euler',
    generator: 'torch',
    guidance: '3',
    'guidance-interval': '0.5,1.5',
    'guidance-rescale': '0.25',
    'deep-cache': '3,2',
    details: '0.25',
    strength: '0.75',
    'poi-until': '0.5',
    threads: '3',
  };

  it.each<[string, Words]>([
    ['generate', { layout: 'dogs.jsonl', verify: '', retry: '1' }],
    ['evaluate', { layouts: 'dogs.jsonl', captions: '1', varied: '1' }],
    ['bench', { layouts: 'dogs.jsonl' }],
    ['dataset', { layouts: 'dogs.jsonl', out: 'set', verify: 'builtin', retry: '1' }],
  ])('of %s reach all that is painted', async (command, flags) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'dogs.jsonl'), `${dogs}\n${dogs}\n`);
    /** Sees nothing, so that pictures are drawn again where that is asked for. */
    const judge: Evaluator = {
      labels: ['dog'],
      detect: async () => [],
      detectMany: async (images) => images.map(() => []),
    };
    const { services, requests, streams } = fakeServices(judge);
    const model = await fixtureModelFolder();
    const words = asWords({ ...sampling, ...flags, model });
    const { code, stderr } = await runHere([command, ...words], { cwd, services });
    // Pictures that nothing is seen in do not pass.
    const unseen: Readonly<Record<string, readonly [number, RegExp]>> = {
      generate: [3, /^error: --min-iou/],
      dataset: [0, /^warning: every picture was dropped/],
    };
    const [expected, said] = unseen[command] ?? [0, /^$/];
    expect([code, stderr]).toEqual([expected, expect.stringMatching(said)]);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ model, device: 'cpu', threads: 3 });
    expect(requests[0]!.settings).toMatchObject({ poi: { strength: 0.75, until: 0.5 } });
    const again = command === 'generate' || command === 'dataset' ? 2 : 0;
    expect(streams.length).toBeGreaterThan(again);
    for (const [, options] of streams) {
      expect(options).toMatchObject({
        ...{ steps: 4, scheduler: 'euler', generator: 'torch', guidanceScale: 3, guidanceRescale: 0.25 },
        guidanceInterval: { stop: 0.5, scaleAfter: 1.5 },
        deepCache: { interval: 3, layers: 2 },
      });
    }
    const seeds = streams.map(([, { seed }]) => seed!);
    expect(Math.min(...seeds)).toBe(9);
    // Second attempts have seeds behind those of all first ones.
    if (again > 0) expect([...seeds].sort((a, b) => a - b)).toEqual([9, 11, 12]);
  });
});
