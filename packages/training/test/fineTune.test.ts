// What a fine-tuning reports, records and keeps, to the last number.

import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import { type Box, type Layout, sizeOf, tensor } from '@spatiallock/core';
import { parseAdapter } from '@spatiallock/core/adapters';
import { readSafetensors, readWeights, writeSafetensors } from '@spatiallock/core/io';
import { loadModel, objectSlots } from '@spatiallock/core/pipeline';
import type { LabelledImage } from '@spatiallock/data';
import { directory, encodePng } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { fixtureModelFolder, smallUNetFiles, temporaryFolder } from '@spatiallock/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeParts, openParts } from '../src/fineTune/parts.js';
import { type FineTuneOptions, type FineTuneProgress, fineTune, prepareFineTune } from '../src/index.js';

const folder = temporaryFolder();
const images = join(folder, 'images');
const backend = cpu({ threads: 1 });
afterAll(() => backend.dispose());
const plugins = [poi({ injection: false })];
const SIDE = 32;
let base: string;

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const object = (box: Box) => ({ label: 'dog', phrase: 'a dog', box });
const pictures = [1, 2, 3, 4, 5].map((id): LabelledImage => {
  const boxes: Box[] = [[0.1, 0.1, 0.8, 0.9], ...(id === 2 ? [[0.2, 0.3, 0.9, 0.8] as const] : [])];
  return { fileName: `${id}.png`, width: SIDE, height: SIDE, objects: boxes.map(object) };
});

const newBase = (): Promise<string> =>
  fixtureModelFolder({
    ...smallUNetFiles({ injection: false }),
    'tokenizer/words.json': bytesOf(['a', 'dog']),
    'spatiallock.json': bytesOf({ version: 1, name: 'tiny', license: 'MIT' }),
    'notes/LICENSE': bytesOf('as it is'),
  });

beforeAll(async () => {
  base = await newBase();
  mkdirSync(images);
  for (const { fileName } of pictures) {
    const data = new Uint8ClampedArray(3 * SIDE * SIDE).fill(40 * Number.parseInt(fileName, 10));
    const png = await encodePng({ width: SIDE, height: SIDE, channels: 3, data });
    writeFileSync(join(images, fileName), png);
  }
});

async function tuned(out: string, more: Partial<FineTuneOptions> = {}) {
  const progress: FineTuneProgress[] = [];
  const report = await fineTune({
    ...{ backend, plugins, base, images, out, pictures, steps: 4, saveEvery: 2, batch: 2, rate: 0.01 },
    validation: 0.4,
    onProgress: (each) => progress.push(each),
    ...more,
  });
  return { report, progress };
}

const inTraining = (out: string, name: string): string => join(out, 'training', name);
const numbersIn = (shapes: readonly { readonly shape: readonly number[] }[]): number =>
  shapes.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

describe('a fine-tuning', () => {
  const out = join(folder, 'whole');

  it('reports each picture and step, the losses of the steps that are due, and the numbers that learnt', async () => {
    const { report, progress } = await tuned(out);
    const seen = progress.map(({ task, done, steps }) => `${task} ${done}/${steps}`);
    expect(seen).toEqual([
      ...[1, 2, 3, 4, 5].map((done) => `checking ${done}/5`),
      ...[0, 1, 2, 3, 4].map((done) => `training ${done}/4`),
      'writing 4/4',
    ]);
    const losses = progress.map(({ task, done, loss }) => task === 'training' && done > 0 && loss! > 0);
    expect(losses.filter(Boolean)).toHaveLength(4);
    expect(report.pictures).toEqual({ training: 3, validation: 2, withoutBoxes: 0, bad: 0, skipped: 0 });
    expect(Object.keys(report.validationLoss)).toEqual(['0', '2', '4']);
    expect(new Set(Object.values(report.validationLoss)).size).toBe(3);
    const learnt = Object.entries(await readWeights(directory(out), 'unet')).filter(([name]) =>
      /^position_net\.|\.fuser\./.test(name),
    );
    expect(report.trainableParameters).toBe(numbersIn(learnt.map(([, tensor]) => tensor)));
  });

  it('writes what the base has beside its networks, and says what it was trained from', async () => {
    expect(readFileSync(join(out, 'notes', 'LICENSE'), 'utf8')).toBe('"as it is"');
    const weights = readFileSync(join(out, 'unet', 'diffusion_pytorch_model.safetensors'));
    const header = weights.subarray(8, 8 + Number(weights.readBigUInt64LE())).toString();
    expect((JSON.parse(header) as Record<string, unknown>).__metadata__).toMatchObject({
      base: 'tiny',
      license: 'MIT',
      format: 'pt',
    });
  });

  it('records its settings, and where it is resumed measures no loss twice', async () => {
    const path = inTraining(out, 'settings.json');
    const text = readFileSync(path, 'utf8');
    const settings = JSON.parse(text) as Record<string, unknown>;
    expect(text).toBe(`${JSON.stringify(settings, null, 2)}\n`);
    expect(settings).toMatchObject({ steps: 4, plugins: ['poi'], base });
    expect(settings.over).toBeUndefined();
    const losses = inTraining(out, 'validation.json');
    const marked = { ...(JSON.parse(readFileSync(losses, 'utf8')) as object), 0: 123 };
    writeFileSync(losses, JSON.stringify(marked));
    const { report } = await tuned(out, { steps: 6 });
    expect(Object.keys(report.validationLoss)).toEqual(['0', '2', '4', '6']);
    expect(report.validationLoss[0]).toBe(123);
    expect(JSON.parse(readFileSync(losses, 'utf8'))).toEqual(report.validationLoss);
  });

  it('steps by the optimiser that is asked for, and goes on by no other', async () => {
    const muon = join(folder, 'muon');
    const options = { optimiser: 'muon', validation: 0, steps: 2, save: 'adapter' } as const;
    await tuned(muon, options);
    await tuned(join(folder, 'adamw'), { ...options, optimiser: 'adamw' });
    const [one, other] = [muon, join(folder, 'adamw')].map((each) =>
      readFileSync(join(each, 'adapter.safetensors')),
    );
    expect(one!.equals(other!)).toBe(false);
    const state = readSafetensors(readFileSync(inTraining(muon, 'state.safetensors')));
    expect(Object.keys(state).filter((name) => name.includes('momentum'))).not.toEqual([]);
    await expect(tuned(muon, { ...options, optimiser: 'adamw' })).rejects.toThrow(
      'holds a training with optimiser "muon", not "adamw"',
    );
  });

  it('writes a base in a variant under the names that are read without one', async () => {
    const given = join(folder, 'variant-base');
    cpSync(base, given, { recursive: true });
    const networks = [
      ['unet', 'diffusion_pytorch_model'],
      ['vae', 'diffusion_pytorch_model'],
      ['text_encoder', 'model'],
    ] as const;
    for (const [component, stem] of networks) {
      const path = join(given, component, stem);
      renameSync(`${path}.safetensors`, `${path}.non_ema.safetensors`);
    }
    // Other weights beside those that were opened.
    const opened = await readWeights(directory(base), 'unet');
    const zeros = Object.entries(opened).map(
      ([name, { shape }]) => [name, tensor(new Float32Array(sizeOf(shape)), shape)] as const,
    );
    const others = writeSafetensors(Object.fromEntries(zeros));
    await directory(given).write('unet/diffusion_pytorch_model.safetensors', others);
    const variant = join(folder, 'variant');
    await tuned(variant, { base: given, source: { variant: 'non_ema' }, validation: 0, steps: 1 });
    for (const [component] of networks) {
      const [written, expected] = [directory(variant), directory(base)].map((files) =>
        readWeights(files, component, { float32: true }),
      );
      const kept = Object.entries(await written!).filter(([name]) => !/^position_net\.|\.fuser\./.test(name));
      expect(kept.length).toBeGreaterThan(0);
      for (const [name, { data }] of kept) expect(data).toEqual((await expected!)[name]?.data);
    }
  });

  it('is another one over another autoencoder', async () => {
    const over = join(folder, 'over');
    const source = { vae: join(base, 'vae') };
    await tuned(over, { source, validation: 0, steps: 1 });
    const settings = JSON.parse(readFileSync(inTraining(over, 'settings.json'), 'utf8')) as object;
    expect(settings).toMatchObject({ over: [source.vae] });
    await expect(tuned(over, { validation: 0, steps: 2 })).rejects.toThrow(/holds a training with over/);
  });

  it('is another one of a base that is read otherwise, and of one whose weights were replaced', async () => {
    const [replaced, again] = [await newBase(), join(folder, 'again')];
    const options = { base: replaced, validation: 0, steps: 1 };
    await tuned(again, options);
    await expect(tuned(again, { ...options, source: { variant: 'fp16' } })).rejects.toThrow(
      'holds a training with variant not set, not "fp16"',
    );
    const weights = join(replaced, 'unet', 'diffusion_pytorch_model.safetensors');
    const bytes = readFileSync(weights);
    bytes.writeFloatLE(bytes.readFloatLE(bytes.length - 4) + 1, bytes.length - 4);
    writeFileSync(weights, bytes);
    await expect(tuned(again, options)).rejects.toThrow('holds a training of a base with other weights');
  });

  it('gives an adapter of all that learnt and of nothing else', async () => {
    const small = join(folder, 'small');
    const { report } = await tuned(small, { save: 'adapter', validation: 0, steps: 1 });
    const { weights, growth } = parseAdapter(
      new Uint8Array(readFileSync(join(small, 'adapter.safetensors'))),
    );
    expect(Object.keys(weights)).toEqual(['unet']);
    expect(numbersIn(Object.values(weights.unet!))).toBe(report.trainableParameters);
    expect([growth, report.newWords, report.validationLoss]).toEqual([undefined, [], {}]);
    await expect(tuned(small, { validation: 0, steps: 1 })).rejects.toThrow(
      'holds a training with save "adapter", not "model"; choose a new folder',
    );
    const settings = inTraining(small, 'settings.json');
    const { save: _, ...earlier } = JSON.parse(readFileSync(settings, 'utf8')) as Record<string, unknown>;
    writeFileSync(settings, JSON.stringify(earlier));
    await tuned(small, { save: 'adapter', validation: 0, steps: 1 });
    writeFileSync(inTraining(small, 'validation.json'), '{');
    await expect(tuned(small, { save: 'adapter', validation: 0, steps: 1 })).rejects.toThrow(
      /validation\.json.*; remove it to measure them anew$/,
    );
  });
});

describe('a fine-tuning with pictures that cannot be read', () => {
  /** The head of a picture is whole, what follows is cut off. */
  const cut = async (): Promise<FineTuneOptions['pictures']> => {
    const data = Uint8ClampedArray.from({ length: 3 * SIDE * SIDE }, (_, i) => (i * i * 31) % 256);
    const png = await encodePng({ width: SIDE, height: SIDE, channels: 3, data });
    writeFileSync(join(images, 'cut.png'), png.subarray(0, png.length / 2));
    return [{ ...pictures[0]!, fileName: 'cut.png' }, ...pictures];
  };

  it('leaves the same ones out where it is resumed, and ends as one that nothing stopped', async () => {
    const [unbroken, stopped] = [join(folder, 'unbroken'), join(folder, 'stopped')];
    const options = { pictures: await cut(), skipBad: true, save: 'adapter' } as const;
    const { report } = await tuned(unbroken, options);
    expect(report.pictures).toMatchObject({ training: 3, validation: 2, bad: 1, skipped: 0 });
    const stop = new AbortController();
    const onProgress = ({ task, done }: FineTuneProgress) => {
      if (task === 'training' && done === 3) stop.abort();
    };
    await expect(tuned(stopped, { ...options, signal: stop.signal, onProgress })).rejects.toThrow();
    const resumed = await tuned(stopped, options);
    expect(resumed.report).toEqual(report);
    const [whole, broken] = [unbroken, stopped].map((out) => readFileSync(join(out, 'adapter.safetensors')));
    expect(broken!.equals(whole!)).toBe(true);
    // A folder of an earlier version, which kept no list.
    rmSync(inTraining(stopped, 'bad-pictures.json'));
    const again = await tuned(stopped, { ...options, steps: 5 });
    expect(again.report.pictures).toEqual(report.pictures);
    expect(existsSync(inTraining(stopped, 'bad-pictures.json'))).toBe(true);
  });
});

describe('words that are new', () => {
  const given = (more: Partial<FineTuneOptions> & Pick<FineTuneOptions, 'pictures'>) => ({
    ...{ backend, plugins, base, images, out: join(folder, 'words'), validation: 0, ...more },
  });

  it('are those of the pictures that are used, and not of pictures that are left out or have no boxes', async () => {
    const [first, second, ...others] = pictures;
    const owl = { ...object([0, 0, 1, 1]), label: 'owl', phrase: 'an owl' };
    const some: FineTuneOptions['pictures'] = [
      { ...first!, objects: [{ ...owl, label: 'fox', phrase: 'a fox' }] },
      { ...second!, caption: 'a zebra', objects: [] },
      { ...others[0]!, caption: 'a quagga', objects: [] },
      { ...others[1]!, fileName: 'gone.png', caption: 'a heron', objects: [owl] },
    ];
    const captions = new Map([[others[0]!.fileName, 'an ibis']]);
    const { newWords: found } = await prepareFineTune(given({ pictures: some, captions, skipBad: true }));
    expect(found).toEqual(['fox', 'foxes']);
  });

  it('of a category that is left in validation pictures alone are refused by its name', async () => {
    const label = (name: string) => [{ ...object([0, 0, 1, 1]), label: name, phrase: name }];
    const refused: string[] = [];
    // Which one is held out, the seed decides; its other picture is gone.
    for (let seed = 0; seed < 8; seed++) {
      const some = [
        { ...pictures[0]!, objects: label('dog') },
        { ...pictures[1]!, objects: label('owl') },
        { ...pictures[2]!, fileName: 'gone.png', objects: label('owl') },
        { ...pictures[3]!, objects: label('dog') },
      ];
      const options = given({ pictures: some, skipBad: true, validation: 0.5, seed });
      const tuning = await prepareFineTune(options).catch((cause: Error) => cause);
      if (tuning instanceof Error) refused.push(tuning.message);
      else
        expect(tuning.dataset.training.flatMap((each) => each.objects).map((each) => each.label)).toContain(
          'owl',
        );
    }
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused)).toEqual(
      new Set([
        'validation: all pictures that are left of the new category "owl" are kept for it; mend those that were left out, or set it to 0',
      ]),
    );
  });
});

/** A picture of one object. */
const shown = (object: Partial<LabelledImage['objects'][number]>): LabelledImage => ({
  ...{ fileName: '0.png', width: 8, height: 8 },
  objects: [{ label: 'dog', box: [0, 0, 1, 1], ...object }],
});

it.each([
  [{ memoryBudget: -1 }, 'memoryBudget: must be a number of bytes above 0, not -1'],
  [{ save: 'all' as 'model' }, "save: must be 'model' or 'adapter', not \"all\""],
  [
    { save: 'adapter' as const, source: { adapter: 'other' } },
    'source.adapter: lies over the base, and an adapter over another cannot be opened',
  ],
  [
    { save: 'adapter' as const, source: { embeddings: ['word.safetensors'] } },
    'source.embeddings: bring words to the base, and an adapter of such a base cannot be opened',
  ],
  [{ out: '' }, 'out: must be a new folder, not ""'],
  [{ images: '' }, 'images: must be the folder that holds the pictures, not ""'],
  [{ pictures: 'x' as never }, 'pictures: must be a list of pictures'],
  [{ pictures: [{ objects: [] } as never] }, 'pictures[0].fileName: must be the name of a file'],
  [{ pictures: [shown({ box: [0, 0, 2, 1] })] }, 'pictures[0].objects[0].box: x1 (2) must lie in 0..1'],
  [
    { pictures: [shown({ box: [0.5, 0.5, 0.1, 0.1] })] },
    'pictures[0].objects[0].box: x1 (0.10) must be greater',
  ],
  [{ pictures: [shown({ box: [0, Number.NaN, 1, 1] })] }, 'pictures[0].objects[0].box: y0 must be a number'],
  [{ pictures: [shown({ label: 5 as never })] }, 'pictures[0].objects[0].label: must be text, not 5'],
  [{ captions: new Map([['0.png', 5 as never]]) }, 'captions: of "0.png": must be text, not 5'],
  [{ rehearse: 'x' as never }, 'rehearse: must be a list of layouts'],
  [{ signal: 5 as never }, 'signal: must be an AbortSignal'],
  [{ base: 3 as unknown as string }, 'base: must be a model directory, a file or an id of the hub, not 3'],
])('%j is refused before anything is written', async (given, message) => {
  const out = join(folder, 'refused');
  await expect(tuned(out, given)).rejects.toThrow(message);
  expect(existsSync(out)).toBe(false);
});

describe('the parts of a training', () => {
  const shown = (...counts: number[]) =>
    counts.map((count) => ({ objects: Array.from({ length: count }, () => object([0, 0, 1, 1])) }));
  const layouts = (...counts: number[]) => shown(...counts).map((each): Layout => ({ prompt: '', ...each }));

  it('have slots for the most objects of any picture, of training, validation or rehearsal', async () => {
    const model = await loadModel(directory(base), plugins);
    const settings = { batch: 2, minBox: 0.04, flip: true };
    const cases = [
      [shown(1, 9, 2), shown(1), layouts(1)],
      [shown(1), shown(2, 9), layouts(1)],
      [shown(1), shown(2), layouts(9, 3)],
      [shown(1, 40), shown(2), layouts(3)],
      // As many as a large data set has, and more than a call takes arguments.
      [[...new Array(300_000).fill(shown(1)[0]), ...shown(9)], shown(1), layouts(1)],
    ] as const;
    const slots: number[] = [];
    for (const [training, validation, rehearsed] of cases) {
      const parts = await openParts(backend, settings, model, { training, validation }, rehearsed);
      slots.push(parts.sizes.objects);
      await closeParts(parts);
    }
    expect(slots).toEqual([9, 9, 9, 30, 9].map(objectSlots));
    expect(objectSlots(9)).toBeGreaterThan(objectSlots(1));
  });

  it('encode every picture of a batch as they encode it alone', async () => {
    const model = await loadModel(directory(base), plugins);
    const settings = { batch: 2, minBox: 0.04, flip: true };
    const dataset = { training: shown(1), validation: [] };
    const parts = await openParts(backend, settings, model, dataset, []);
    const { width, height } = parts.view.size;
    const image = (step: number) => ({
      ...{ width, height, channels: 3 as const },
      data: Uint8ClampedArray.from({ length: 3 * width * height }, (_, i) => (i * step) % 256),
    });
    const both = await parts.encoder.encode([image(7), image(11)]);
    const alone = [await parts.encoder.encode([image(7)]), await parts.encoder.encode([image(11)])];
    expect(both.map(({ length }) => length)).toEqual(alone.map(([latents]) => latents!.length));
    for (const [row, latents] of both.entries()) {
      const furthest = latents.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - alone[row]![0]![i]!)),
        0,
      );
      expect(furthest).toBeLessThan(1e-4);
    }
    const [first, second] = both;
    expect(first!.some((value, i) => Math.abs(value - second![i]!) > 0.01)).toBe(true);
    await closeParts(parts);
  });
});
