// `evaluate --layouts`: one's own classes, by one's own detector.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Detection, RgbImage } from '@spatiallock/core';
import { writePng } from '@spatiallock/node';
import { classLabels } from '@spatiallock/scenes';
import { temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import { evaluatorOf } from '../src/detectors.js';
import type { Evaluator, Services } from '../src/index.js';
import { fakeServices, plainImage, runHere } from './support.js';

/** Sees a forklift in the left half of every picture, and in real ones a hard hat in the right half, too. */
const judge: Evaluator = {
  labels: ['forklift', 'hard hat'],
  detect: async (image) => look(image),
  detectMany: async (images) => images.map(look),
};
const look = ({ data }: RgbImage): Detection[] => [
  { label: 'forklift', score: 0.9, box: [0, 0, 0.5, 1] },
  ...(data[0] === 200 ? [{ label: 'hard hat', score: 0.9, box: [0.5, 0, 1, 1] } as const] : []),
];

const forklift = { phrase: 'a forklift', box: [0, 0, 0.5, 1] };
const hat = { phrase: 'a yellow helmet', box: [0.5, 0, 1, 1], label: 'hard hat' };
const half = [0, 0, 0.5, 1] as const;
const layout = { prompt: 'a warehouse', objects: [forklift, hat] };

async function evaluate(layouts: readonly object[], ...more: string[]) {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'own.jsonl'), layouts.map((each) => `${JSON.stringify(each)}\n`).join(''));
  await writePng(join(cwd, 'real.png'), plainImage(32, 200));
  await writePng(join(cwd, 'wide.png'), {
    ...plainImage(32),
    height: 16,
    data: new Uint8ClampedArray(3 * 32 * 16),
  });
  const { services, requests } = fakeServices(judge);
  const words = ['evaluate', '--layouts', 'own.jsonl', '--json', 'report.json', ...more];
  return { cwd, requests, ...(await runHere(words, { cwd, services })) };
}

describe('evaluate --layouts', () => {
  it('gives the figures of each class', async () => {
    const { code, stdout, stderr, cwd } = await evaluate([layout, { prompt: 'one', objects: [forklift] }]);
    expect([code, stderr]).toEqual([0, '']);
    const report = JSON.parse(readFileSync(join(cwd, 'report.json'), 'utf8'));
    expect(report).toMatchObject({ count: 2, scenes: 'own.jsonl', seed: 1 });
    expect(report.generated.meanIoU).toBeCloseTo(2 / 3);
    expect(report.generated.labels).toMatchObject([
      { label: 'forklift', instances: 2, meanIoU: 1 },
      { label: 'hard hat', instances: 1, meanIoU: 0 },
    ]);
    expect(report.real).toBeUndefined();
    expect(stdout).toMatch(/forklift +2 +1\.000 +1\.000/);
    expect(stdout).toMatch(/hard hat +1 +0\.000 +0\.000/);
    expect(stdout).not.toContain('real');
  });

  it('judges real pictures beside', async () => {
    const { code, cwd, stdout } = await evaluate([{ ...layout, image: 'real.png' }], '--html', 'page.html');
    expect(code).toBe(0);
    const report = JSON.parse(readFileSync(join(cwd, 'report.json'), 'utf8'));
    expect([report.generated.meanIoU, report.real.meanIoU]).toEqual([0.5, 1]);
    expect(stdout).toMatch(/real scenes +1\.000/);
    expect(readFileSync(join(cwd, 'page.html'), 'utf8')).toContain('real pictures instead');
  });

  it('judges each layout in the size that it asks for, real pictures too', async () => {
    const upright = { ...layout, image: 'real.png' };
    const wide = { ...layout, width: 64, height: 32, image: 'wide.png' };
    const { code, stderr, cwd } = await evaluate([upright, wide, upright], '--captions', '2');
    expect([code, stderr]).toEqual([0, '']);
    const { generated, real, captions } = JSON.parse(readFileSync(join(cwd, 'report.json'), 'utf8'));
    // Of the six objects 8 x 16 pixels are small; those of 32 x 32 would be, were they measured in the first one's pixels.
    expect([generated.APSmall, generated.APMedium]).not.toContain(null);
    // In the wide picture objects are as high as wide, in the others 2:1, which is not beyond it.
    expect(generated.subsets.stretched.instances).toBe(0);
    // real.png is light all over, wide.png is not: the judge sees hats in the first and the third picture.
    expect(real.labels.map(({ label, meanIoU }: Record<string, unknown>) => [label, meanIoU])).toEqual([
      ['forklift', 1],
      ['hard hat', 2 / 3],
    ]);
    expect(captions.judges["the model's own"].real).toMatchObject({ named: 4, present: 0.75 });
    const other = await evaluate([upright, { ...wide, width: 32 }]);
    expect(other.stderr).toContain('line 2: image: ');
    expect(other.stderr).toContain('is of 32 x 16 pixels, the model paints 32 x 32; crop it');
  });

  it('takes the first so many', async () => {
    const { code, cwd } = await evaluate([layout, layout, layout], '--count', '2');
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(join(cwd, 'report.json'), 'utf8')).count).toBe(2);
  });

  it.each<[readonly object[], readonly string[], string]>([
    [[layout], ['--scenes', 'wide'], '--scenes: has no effect with --layouts'],
    [[layout], ['--count', '2'], '--count: own.jsonl holds 1 layout only'],
    [[{ prompt: 'x', objects: [] }], [], 'line 1: objects: is empty; there is nothing to evaluate'],
    [[layout, { ...layout, image: 'real.png' }], [], 'line 1 has no image, and others have one'],
    [[{ ...layout, image: 3 }], [], 'line 1: image: must be text, not 3'],
    [[{ ...layout, caption: 'x' }], [], '"caption" is not known'],
    [[{ prompt: 'x', objects: [{ ...hat, label: '' }] }], [], 'objects[0].label: must be text, not ""'],
    [
      [layout, { prompt: 'x', objects: [{ ...hat, label: 'cat' }] }],
      [],
      'line 2: objects[0]: label "cat" is nothing',
    ],
    [
      [{ prompt: 'x', objects: [{ ...forklift, phrase: 'a pallet' }] }],
      [],
      'objects[0]: "a pallet" is nothing that',
    ],
    [[{ ...layout, image: 'none.png' }], [], 'line 1: image: '],
    [[{ ...layout, image: 'wide.png' }], [], 'is of 32 x 16 pixels, the model paints 16 x 16; crop it'],
  ])('refuses %j with %j', async (layouts, more, message) => {
    const { code, stderr } = await evaluate(layouts, ...more);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('names all faults of the file before anything is opened', async () => {
    const turned = { prompt: 'x', objects: [{ ...forklift, box: [0.9, 0, 0.1, 1] }] };
    const bad = await evaluate([layout, turned, { ...layout, image: 3 }]);
    expect([bad.code, bad.requests]).toEqual([2, []]);
    expect(bad.stderr).toMatch(/line 2: objects\[0\]\.box: .*\n.*line 3: image: must be text.*\n.*2 faults/);
    const gone = { ...layout, image: 'none.png' };
    const pictures = await evaluate([{ ...layout, image: 'real.png' }, gone, gone]);
    expect([pictures.code, pictures.requests]).toEqual([2, []]);
    expect(pictures.stderr).toMatch(
      /line 2: image: .*none\.png.*\n.*line 3: image: .*none\.png.*\n.*2 faults/,
    );
  });

  it('names what the model cannot paint and the judge does not know, by lines, before it paints', async () => {
    const cwd = temporaryFolder();
    const other = { prompt: 'a dgo', objects: [{ ...hat, label: 'cat' }] };
    writeFileSync(
      join(cwd, 'own.jsonl'),
      [layout, '', other]
        .map((each) => JSON.stringify(each))
        .join('\n')
        .replace('""', ''),
    );
    const { services, streams } = fakeServices(judge);
    const open: Services['open'] = async (...given) => {
      const model = await services.open(...given);
      const check: typeof model.pipe.check = (given) => {
        if (JSON.stringify(given).includes('dgo')) throw new Error('prompt: never learnt "dgo"');
        return model.pipe.check(given);
      };
      return { ...model, pipe: { ...model.pipe, check } };
    };
    const words = ['evaluate', '--layouts', 'own.jsonl'];
    const { code, stderr } = await runHere(words, { cwd, services: { ...services, open } });
    expect([code, streams]).toEqual([2, []]);
    expect(stderr).toMatch(
      /line 3: prompt: never learnt "dgo"\n.*line 3: objects\[0\]: label "cat" is nothing/,
    );
    expect(stderr).toContain('1 layout cannot be painted and 1 object cannot be judged, see above');
  });

  it('refuses real pictures of another shape before it paints, where the size is known', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'own.json'), JSON.stringify({ ...layout, image: 'wide.png' }));
    const data = new Uint8ClampedArray(3 * 32 * 16);
    await writePng(join(cwd, 'wide.png'), { width: 32, height: 16, channels: 3, data });
    const { services, streams } = fakeServices(judge);
    const open: Services['open'] = async (...given) => {
      const model = await services.open(...given);
      return { ...model, pipe: { ...model.pipe, imageSize: { width: 16, height: 16 } } };
    };
    const words = ['evaluate', '--layouts', 'own.json'];
    const { code, stderr } = await runHere(words, { cwd, services: { ...services, open } });
    expect([code, streams]).toEqual([2, []]);
    expect(stderr).toMatch(/the layout: image: .*is of 32 x 16 pixels, .*\n.*1 picture cannot be used/);
  });

  it.each<[readonly string[], string]>([
    [['--detector', './a.mjs', '--detector', './a.mjs'], '--detector: ./a.mjs was given twice'],
    [['--captions', '2'], '--captions: there is 1 layout only'],
    [['--varied', '2'], '--varied: there is 1 layout only'],
    [['--varied', '0'], '--varied: must be a whole number in 1..5000'],
  ])('refuses %j', async (more, message) => {
    const { code, stderr } = await evaluate([layout], ...more);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe('several judges', () => {
  it('stand side by side: the first in place of the own one, others with measures of theirs', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'own.jsonl'), JSON.stringify(layout));
    const { services, requests } = fakeServices(judge);
    const other = {
      ...judge,
      examine: async () => ({
        detections: [{ label: 'hard hat', score: 1, box: [0.5, 0, 1, 1] as const }],
        objects: [{ upright: true }, { upright: false }],
        picture: { 'background right': true },
      }),
      find: async () => [],
    };
    const opened: string[] = [];
    const given: Services = {
      ...services,
      openDetector: async ({ name }) => {
        opened.push(name);
        return other;
      },
    };
    const names = ['--detector', './first.mjs', '--detector', './other.mjs'];
    const words = ['evaluate', '--layouts', 'own.jsonl', ...names, '--json', 'report.json'];
    const more = ['--captions', '1', '--varied', '1', '--html', 'page.html'];
    const { code, stdout } = await runHere([...words, ...more], { cwd, services: given });
    expect([code, opened, requests.length]).toEqual([0, ['./other.mjs'], 1]);
    const report = JSON.parse(readFileSync(join(cwd, 'report.json'), 'utf8'));
    expect(report.detector).toBe('./first.mjs, ./other.mjs');
    expect(report.generated.meanIoU).toBe(0.5);
    expect(report.others['./other.mjs'].generated).toMatchObject({
      meanIoU: 0.5,
      measures: { upright: { count: 2, mean: 0.5 }, 'background right': { count: 1, mean: 1 } },
    });
    expect(report.pictures[0].objects[0].others).toEqual({ './other.mjs': null });
    expect(report.captions.judges).toMatchObject({
      './first.mjs': { generated: { named: 2, present: 0.5 } },
      './other.mjs': { generated: { present: 0 } },
    });
    expect(report.variety).toMatchObject({ layouts: 1, seeds: 16 });
    expect(stdout).toMatch(/by \.\/other\.mjs\ngenerated +0\.500/);
    expect(stdout).toMatch(/upright \(2\) +0\.500/);
    expect(stdout).toMatch(/other\.mjs: 0\.000 of the named objects are there/);
    expect(readFileSync(join(cwd, 'page.html'), 'utf8')).toContain('By ./other.mjs');
  });

  it('all have to know the labels, and stand beside the own one of the built-in scenes', async () => {
    const cwd = temporaryFolder();
    const blind: Evaluator['detectMany'] = async (images) => images.map(() => []);
    const all = { ...judge, labels: [...classLabels], detectMany: blind };
    const { services } = fakeServices(all);
    const words = ['evaluate', '--count', '1', '--detector', './mine.mjs', '--json', '-'];
    const run = (labels: readonly string[]) =>
      runHere(words, { cwd, services: { ...services, openDetector: async () => ({ ...all, labels }) } });
    const { code, stdout } = await run(all.labels);
    expect([code, Object.keys(JSON.parse(stdout).others)]).toEqual([0, ['./mine.mjs']]);
    const refused = await run(['unicorn']);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/--detector: \.\/mine\.mjs knows no .*; a judge beside another needs all labels/),
    ]);
  });
});

it.each([
  [{}, 'examine must give { detections, objects, picture }'],
  [
    { objects: [{}, {}], picture: {}, detections: [{ label: 'dog', score: 1, box: half }] },
    'none of its own',
  ],
])('what an examining judge gives is checked: %j', async (given, message) => {
  const { examine } = evaluatorOf({ ...judge, examine: async () => given as never }, 'mine');
  const scene = { layout: { prompt: '', objects: [] }, labels: [] };
  await expect(examine!(plainImage(), scene)).rejects.toThrow(message);
});
