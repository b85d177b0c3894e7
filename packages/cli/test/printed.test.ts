// Progress, tables and reports as people read them, by hand.

import type { Figures } from '@spatiallock/evaluation';
import { modelDirectory } from '@spatiallock/model-emoji';
import { directory } from '@spatiallock/node';
import { describe, expect, it } from 'vitest';
import { benchLines } from '../src/bench/report.js';
import { howMade, summary } from '../src/evaluateReport.js';
import { modulesFrom } from '../src/plugins/known.js';
import { loadingListeners, progressBar } from '../src/progress.js';
import { readRehearsal, rehearsalLayouts } from '../src/rehearsal.js';
import { newWordsLine } from '../src/trainSummary.js';
import { layoutWarning, warningNotes } from '../src/warnings.js';

function output(progress?: 'lines', quiet = false) {
  const lines: string[] = [];
  const stderr = { write: (text: string) => lines.push(text) };
  return { io: { stderr, progress, quiet } as never, text: () => lines.splice(0).join('') };
}

describe('progress in lines', () => {
  it('has one for each kind of work and each tenth of the whole', () => {
    const { io, text } = output('lines');
    const bar = progressBar(io, 40, 'loading');
    expect(text()).toBe('loading 0 %\n');
    bar.update(3, 'painting, loss 0.5');
    expect(text()).toBe('painting, loss 0.5 7 %\n');
    bar.update(3, 'painting, loss 0.4');
    expect(text()).toBe('');
    bar.update(4, 'painting seed 7');
    expect(text()).toBe('painting seed 7 10 %\n');
    bar.update(7, 'painting');
    expect(text()).toBe('');
    bar.update(39, 'painting');
    bar.update(50, 'painting');
    bar.update(50, 'writing');
    expect(text()).toBe('painting 97 %\npainting 100 %\nwriting 100 %\n');
    bar.stop();
    expect(text()).toBe('');
    progressBar(io, 0, 'reading').update(0, 'judging');
    expect(text()).toBe('reading 0 %\njudging 0 %\n');
  });

  it('is none where it is not wanted', () => {
    for (const { io, text } of [output(), output('lines', true)]) {
      progressBar(io, 2, 'loading').update(1, 'painting');
      expect(text()).toBe('');
    }
  });

  it('of a download is in bytes, in the place of the command', () => {
    const { io, text } = output('lines');
    const events: string[] = [];
    const nothing = () => undefined;
    const main = { update: nothing, retotal: nothing, pause: () => events.push('pause'), stop: nothing };
    const { onDownload, onWarning } = loadingListeners(io, main);
    const file = (bytes: number) =>
      onDownload({ bytes, total: 4_400_000 } as Parameters<typeof onDownload>[0]);
    for (const bytes of [0, 1_100_000, 2_200_000]) file(bytes);
    expect(text()).toBe('downloading 0 %\ndownloading 4 MB 25 %\ndownloading 4 MB 50 %\n');
    expect(events).toEqual(['pause']);
    file(4_400_000);
    expect(text()).toBe('downloading 4 MB 100 %\n');
    file(1_100_000);
    expect(text()).toBe('downloading 0 %\ndownloading 4 MB 25 %\n');
    expect(events).toEqual(['pause', 'pause']);
    onWarning('odd');
    expect([text(), events]).toEqual(['warning: odd\n', ['pause', 'pause', 'pause']]);
    const quiet = output('lines', true);
    loadingListeners(quiet.io, main).onWarning('odd');
    expect(quiet.text()).toBe('');
  });
});

describe('warnings', () => {
  it('are printed once, after room was made for them, and kept', () => {
    const { io, text } = output();
    const before: string[] = [];
    const notes = warningNotes(io, () => before.push(text()));
    for (const warning of ['a', 'b', 'a']) notes.onWarning(warning);
    expect([notes.warnings, before, text()]).toEqual([['a', 'b'], ['', 'warning: a\n'], 'warning: b\n']);
    const quiet = output(undefined, true);
    const kept = warningNotes(quiet.io);
    kept.onWarning('a');
    expect([kept.warnings, quiet.text()]).toEqual([['a'], '']);
  });

  it('say which layout of a batch they are about', () => {
    expect(layoutWarning('layouts[12]: objects[0]: long')).toEqual({ index: 12, text: 'objects[0]: long' });
    expect(layoutWarning('objects[0]: long')).toEqual({ index: undefined, text: 'objects[0]: long' });
  });
});

describe('new words', () => {
  it('are written out up to 20, and the others counted', () => {
    const words = (count: number) => Array.from({ length: count }, (_, i) => `w${i}`);
    const end = '(--no-new-words refuses them)';
    expect(newWordsLine(words(2))).toBe(`new to the model, and learnt: w0, w1 ${end}`);
    expect(newWordsLine(words(20))).toMatch(/w18, w19 \(--no/);
    expect(newWordsLine(words(23))).toMatch(/w18, w19, and 3 more \(--no/);
  });

  it('come with a rehearsal of so many layouts, or of a file', () => {
    expect(readRehearsal(undefined)).toBeUndefined();
    expect([readRehearsal('0'), readRehearsal('192'), readRehearsal('100000')]).toEqual([0, 192, 100_000]);
    expect(readRehearsal('old.json')).toEqual({ file: 'old.json' });
    expect(() => readRehearsal('100001')).toThrow('--rehearse: must be 0..100000 or a file of layouts');
  });

  it.each([
    ['192 layouts where a word is new', undefined, 'forklift', true, 192],
    ['none where the base knows all of them', undefined, 'dog', true, 0],
    ['none where no word may be new', undefined, 'forklift', false, 0],
    ['as many layouts as asked for, of known words, too', 3, 'dog', false, 3],
    ['none where none are asked for', 0, 'forklift', true, 0],
  ])('are rehearsed by %s', async (_, request, label, newWords, count) => {
    const object = { label, phrase: `a ${label}`, box: [0, 0, 1, 1] } as const;
    const pictures = [{ fileName: 'a.png', width: 8, height: 8, caption: '', objects: [object] }];
    const { io } = output();
    const known = { plugins: [], flags: [], detectors: {}, modules: modulesFrom('.'), cwd: '.' };
    const base = directory(modelDirectory);
    const layouts = await rehearsalLayouts(base, request, { pictures, newWords }, known, io);
    expect(layouts).toHaveLength(count);
    expect(layouts.every(({ objects }) => objects.length > 0)).toBe(true);
  });

  it('are not those of pictures without boxes, for which nothing is rehearsed', async () => {
    const objects = [{ label: 'dog', phrase: 'a dog', box: [0, 0, 1, 1] as const }];
    const size = { width: 8, height: 8 };
    const pictures = [
      { fileName: 'sub/a.png', ...size, objects },
      { fileName: 'b.png', ...size, caption: 'a forklift', objects: [] },
    ];
    const known = { plugins: [], flags: [], detectors: {}, modules: modulesFrom('.'), cwd: '.' };
    const rehearsedBy = async (captions: ReadonlyMap<string, string>) => {
      const given = { pictures, captions, newWords: true };
      return (await rehearsalLayouts(directory(modelDirectory), undefined, given, known, output().io)).length;
    };
    expect(await rehearsedBy(new Map([['b.png', 'a forklift']]))).toBe(0);
    expect(await rehearsedBy(new Map([['sub\\a.png', 'a forklift']]))).toBe(192);
  });
});

const subset = { instances: 3, meanIoU: 0.25, instanceSuccessRate: 0.5 };
const none = { instances: 0, meanIoU: null, instanceSuccessRate: null };

/** Figures of evaluations of which each is another number. */
const figures = (from: number, more: object = {}): Figures =>
  ({
    ...{ meanIoU: from, instanceSuccessRate: from + 0.01, AP50: from + 0.02, AP: from + 0.03 },
    ...{ unaskedPer100: 10 * from, colours: { instances: 0, right: null }, measures: {} },
    ...{ labels: [], subsets: new Proxy({}, { get: () => subset }) },
    ...more,
  }) as unknown as Figures;

describe('the summary of an evaluation', () => {
  const report = (more: object) => ({ generated: figures(0.1), secondsPerPicture: 1.234, ...more }) as never;

  it('has figures of pictures, of each class of one’s own, and what was written', () => {
    const labels = [
      { label: 'dog', instances: 4, meanIoU: 0.5, instanceSuccessRate: 0.75, AP50: 1 },
      { label: 'forklift', instances: 12, meanIoU: 0.25, instanceSuccessRate: 0, AP50: 0.125 },
    ];
    const generated = figures(0.1, { labels, unaskedPer100: 12.5 });
    expect(summary(report({ generated }), true, ['/out/report.json'])).toEqual([
      '            mean IoU  success     AP50       AP',
      'generated      0.100    0.110    0.120    0.130',
      '',
      '          objects mean IoU  success     AP50',
      'dog             4    0.500    0.750    1.000',
      'forklift       12    0.250    0.000    0.125',
      '',
      `${''.padEnd(34)}   pictures`,
      `${'unasked objects in 100 pictures'.padEnd(34)}     12.500`,
      '1.23 s a picture',
      '/out/report.json',
    ]);
    expect(summary(report({ generated }), false, [])).not.toContain(
      'dog             4    0.500    0.750    1.000',
    );
  });

  it('has those of real scenes beside them, and of other judges below', () => {
    const real = figures(0.8, { unaskedPer100: 2, subsets: new Proxy({}, { get: () => none }) });
    const lines = summary(
      report({
        generated: figures(0.1, {
          colours: { instances: 7, right: 0.5 },
          measures: { sharpness: { count: 3, mean: 0.25 } },
        }),
        real: { ...real, colours: { instances: 7, right: 1 } },
        others: { other: { generated: figures(0.3), real: figures(0.4) } },
      }),
      false,
      [],
    );
    expect(lines.slice(0, 3)).toEqual([
      '            mean IoU  success     AP50       AP',
      'generated      0.100    0.110    0.120    0.130',
      'real scenes    0.800    0.810    0.820    0.830',
    ]);
    expect(lines.find((line) => line.startsWith('Touching'))).toMatch(/ {8}3 {4}0\.250 {4}0\.500 {8}- {8}-$/);
    const wide = (name: string) => name.padEnd(34);
    expect(lines).toContain(`${wide('')}   pictures real scenes`);
    expect(lines).toContain(`${wide('unasked objects in 100 pictures')}      1.000      2.000`);
    expect(lines).toContain(`${wide('in their colours (7 named)')}      0.500      1.000`);
    expect(lines).toContain(`${wide('sharpness (3)')}      0.250          -`);
    const other = lines.indexOf('by other');
    expect(lines.slice(other - 1, other + 3)).toEqual([
      '',
      'by other',
      'generated      0.300    0.310    0.320    0.330',
      'real scenes    0.400    0.410    0.420    0.430',
    ]);
  });

  it('has captions alone and the differences between seeds where they were asked for', () => {
    const captions = { pictures: 5, judges: { own: { generated: { present: 0.5 }, real: { present: 1 } } } };
    const variety = { layouts: 2, seeds: 4, judges: { own: { tone: 0.25, edges: null, flips: 0.125 } } };
    const lines = summary(report({ captions, variety }), false, []);
    expect(lines.slice(-7, -1)).toEqual([
      '',
      '5 pictures of captions alone',
      'own: 0.500 of the named objects are there (real scenes 1.000)',
      '',
      '2 layouts by 4 seeds each',
      'own: tone 0.250, edges -, flips 0.125',
    ]);
    const alone = { pictures: 5, judges: { own: { generated: { present: 0.5 } } } };
    expect(summary(report({ captions: alone }), false, []).at(-2)).toBe(
      'own: 0.500 of the named objects are there',
    );
  });
});

it('a page says how its pictures were made', () => {
  const settings = {
    ...{ count: 2, scenes: 'plain', seed: 7, model: 'mine', device: 'cpu', batch: 8, generator: 'torch' },
    ...{ scheduler: 'euler', steps: 9, guidanceScale: 5, strength: 1, nullTokens: false },
    plugins: ['other'],
  };
  const made = (more: object) =>
    howMade({ settings: { ...settings, ...more }, secondsPerPicture: 2.345 } as never);
  expect(made({})).toBe(
    '9 steps of euler, guidance 5, strength 1, nullTokens false, plugins other, seed 7; 2.35 s a picture on cpu.',
  );
  const words = [
    { path: 'a.pt', hash: '1' },
    { path: 'b.pt', hash: '2', word: 'b' },
  ];
  expect(made({ adapter: { path: 'forklifts', hash: '0' }, embeddings: words })).toContain(
    'plugins other, adapter forklifts, embeddings a.pt and b.pt, seed 7;',
  );
  expect(made({ guidanceInterval: { stop: 0.6, scaleAfter: 2 }, guidanceRescale: 0.7 })).toContain(
    'guidance 5 (2 after 0.6 of the calls), rescaled by 0.7, strength 1,',
  );
  expect(made({ deepCache: { interval: 3 } })).toContain(
    'guidance 5, deep layers in one of 3 calls, strength 1,',
  );
});

it('scores of a benchmark are a table, with real scenes beside them', () => {
  const scores = (from: number, levels = [{ level: 2, instanceSuccessRate: from }]) => ({
    ...{ pictures: 3, instances: 5, meanIoU: from, instanceSuccessRate: from + 0.01 },
    coco: { AP: from + 0.02, AP50: from + 0.03, AR: from + 0.04 },
    layout: { score: from + 0.05 },
    overlap: { meanIoU: from + 0.06, overlapMeanIoU: undefined },
    mig: {
      ...{ instanceSuccessRate: from + 0.07, imageSuccessRate: from + 0.08, meanIoU: from + 0.09 },
      ...{ colourRate: undefined, levels },
    },
  });
  const report = {
    benchmark: { file: 'a.csv', format: 'csv', layouts: 9, judgeable: 8 },
    ...{ detector: 'center', scores: scores(0.1), real: scores(0.8, []) },
  };
  const row = (name: string, ...cells: string[]) =>
    name.padEnd(34) + cells.map((cell) => cell.padStart(13)).join('');
  expect(benchLines(report as never)).toEqual([
    'a.csv: 9 layouts, 8 judgeable by center; 3 pictures, 5 objects',
    row('', 'pictures', 'real scenes'),
    row('mean IoU, one to one', '0.100', '0.800'),
    row('success, IoU >= 0.5', '0.110', '0.810'),
    row('YOLO score: AP', '0.120', '0.820'),
    row('YOLO score: AP50', '0.130', '0.830'),
    row('AR', '0.140', '0.840'),
    row('layout score (7Bench, C/O-Bench)', '0.150', '0.850'),
    row('OverLayBench mIoU', '0.160', '0.860'),
    row('OverLayBench O-mIoU', '-', '-'),
    row('COCO-MIG instance success', '0.170', '0.870'),
    row('COCO-MIG image success', '0.180', '0.880'),
    row('COCO-MIG mIoU', '0.190', '0.890'),
    row('COCO-MIG colour of placed ones', '-', '-'),
    row('COCO-MIG instance success, 2', '0.100', '-'),
  ]);
  const { real: _, ...alone } = report;
  const [head, columns, first] = benchLines({ ...alone, expressible: 6 } as never);
  expect(head).toContain("8 judgeable by center, 6 of them within the model's words; 3 pictures");
  expect([columns, first]).toEqual([row('', 'pictures'), row('mean IoU, one to one', '0.100')]);
});
