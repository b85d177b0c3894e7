import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelDirectory } from '@spatiallock/model-emoji';
import { fixtureModelFolder, temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import { cardMarkdown } from '../src/card/markdown.js';
import { modelHash } from '../src/modelHash.js';
import { runHere } from './support.js';

const figures = { meanIoU: 0.9521, instanceSuccessRate: 0.998, AP50: 1, AP: 0.944 };
const evaluated = {
  ...{ count: 200, scenes: 'plain', seed: 1, scheduler: 'ddim', steps: 25, model: 'spatiallock-emoji' },
  generated: figures,
  real: { ...figures, meanIoU: 0.964 },
};
const benched = {
  benchmark: { file: '/data/c_bench.csv', format: 'csv', layouts: 100, judgeable: 60 },
  ...{ detector: 'center', model: 'spatiallock-emoji', seed: 1 },
  scores: { meanIoU: 0.8, coco: { AP: 0.7 }, mig: { instanceSuccessRate: null } },
};

/** Runs the command in a folder with these files. */
async function card(words: readonly string[], files: Readonly<Record<string, unknown>> = {}) {
  const cwd = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(cwd, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return { cwd, ...(await runHere(['card', ...words], { cwd })) };
}

/** The fields in front, each value JSON. */
function frontMatter(text: string): Record<string, unknown> {
  const lines = /^---\n([\s\S]*?)---\n/.exec(text)![1]!.trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(': ')), JSON.parse(line.slice(line.indexOf(': ') + 2))]),
  );
}

describe('card', () => {
  it('tells what the model declares and what was measured', async () => {
    const words = [modelDirectory, 'report.json', 'scores.json', '--out', 'README.md'];
    const { code, stderr, cwd } = await card(words, { 'report.json': evaluated, 'scores.json': benched });
    expect([code, stderr]).toEqual([0, '']);
    const text = readFileSync(join(cwd, 'README.md'), 'utf8');
    expect(frontMatter(text)).toEqual({
      license: 'mit',
      library_name: 'spatiallock',
      pipeline_tag: 'text-to-image',
      tags: ['layout-to-image', 'spatiallock'],
      'model-index': [
        {
          name: 'spatiallock-emoji',
          results: [
            expect.objectContaining({
              dataset: { type: 'layouts', name: '200 layouts (plain)' },
              metrics: [
                { type: 'mean_iou', name: 'mean IoU', value: 0.9521 },
                expect.objectContaining({ type: 'instance_success_rate', value: 0.998 }),
                expect.objectContaining({ type: 'ap50', value: 1 }),
                expect.objectContaining({ type: 'ap', value: 0.944 }),
              ],
            }),
            expect.objectContaining({
              dataset: { type: 'layouts', name: 'c_bench.csv: 60 of 100 layouts' },
              metrics: [
                expect.objectContaining({ type: 'mean_iou', value: 0.8 }),
                expect.objectContaining({ type: 'ap', value: 0.7 }),
              ],
            }),
          ],
        },
      ],
    });
    expect(text).toContain('| mean IoU | 0.952 | 0.964 |');
    expect(text).toContain('- plugin `@spatiallock/poi`');
    expect(text).toContain('- judged by the detector `@spatiallock/detectors/center`');
    expect(text).toMatch(/- It knows \d+ words/);
    expect(text).toContain('- It paints 256 x 256 pixels.');
    // What was not measured is left out.
    expect(text).not.toMatch(/COCO-MIG|NaN|undefined|null/);
  });

  it('tells nothing that it does not know', async () => {
    const model = await fixtureModelFolder();
    const { code, stdout, stderr } = await card([model]);
    expect([code, stderr]).toEqual([0, 'card: nothing tells the licence; name it by --license\n']);
    const front = frontMatter(stdout);
    expect(front.license).toBeUndefined();
    expect(front['model-index']).toBeUndefined();
    expect(stdout).not.toMatch(/## (Figures|Licence|Training)|undefined|NaN/);
  });

  it('takes licence and base by flags', async () => {
    const words = [
      await fixtureModelFolder(),
      '--license',
      'Our own',
      '--base',
      'owner/name',
      '--name',
      'mine',
    ];
    const { stdout } = await card(words);
    expect(frontMatter(stdout)).toMatchObject({
      license: 'other',
      license_name: 'Our own',
      base_model: 'owner/name',
    });
    expect(stdout).toContain('# mine\n');
  });

  it('reads the report of a training', async () => {
    const model = await fixtureModelFolder();
    mkdirSync(join(model, 'training'));
    const report = {
      settings: { steps: 400, batch: 4, rate: 1e-4 },
      pictures: { training: 27, validation: 3 },
      trainableParameters: 1000,
      validationLoss: { 0: 0.5, 400: 0.25 },
      plugins: ['mine'],
      figures,
    };
    writeFileSync(join(model, 'training', 'report.json'), JSON.stringify(report));
    const { code, stdout } = await card([model]);
    expect(code).toBe(0);
    expect(stdout).toContain('- 400 steps of 4 pictures, learning rate 0.0001');
    expect(stdout).toContain('- validation loss 0.5 before, 0.25 after 400 steps');
    expect(stdout).toContain('### pictures kept from training');
  });

  it('tells how pictures were painted, of both reports', async () => {
    const how = { scheduler: 'euler', steps: 9, guidanceScale: 3, device: 'cpu' };
    const files = { 'report.json': { ...evaluated, ...how }, 'scores.json': { ...benched, ...how } };
    const { stdout } = await card(['report.json', 'scores.json', '--license', 'mit'], files);
    const painted = stdout.match(/steps 9, scheduler euler, guidanceScale 3, seed 1, device cpu/gi);
    expect(painted).toHaveLength(2);
  });

  it('is made of a report alone', async () => {
    const { code, stdout } = await card(['report.json', '--license', 'mit'], { 'report.json': evaluated });
    expect(code).toBe(0);
    expect(stdout).toContain('# spatiallock-emoji\n');
    expect(frontMatter(stdout)).not.toHaveProperty('library_name');
  });

  it('keeps figures of pictures that somebody painted apart from those of the model', async () => {
    const { model: _, ...others } = { ...benched, images: '/data/pictures' };
    const files = { 'report.json': evaluated, 'others.json': others };
    const { code, stdout } = await card(['report.json', 'others.json', '--license', 'mit'], files);
    expect(code).toBe(0);
    const [index] = frontMatter(stdout)['model-index'] as { results: { dataset: { name: string } }[] }[];
    expect(index!.results.map(({ dataset }) => dataset.name)).toEqual(['200 layouts (plain)']);
    expect(stdout).toContain(
      'Pictures of the folder pictures, of which the report does not say what painted them; judged by center',
    );
  });

  it.each([
    ['./mine.js', undefined],
    ['./first.js, ./mine.js', './first.js'],
  ])('gives the figures of each judge under its name: %s', async (detector, first) => {
    const seen = { ...figures, meanIoU: 0.25, AP: 0.125 };
    const report = { ...evaluated, detector, others: { './mine.js': { generated: seen } } };
    const { code, stdout } = await card(['report.json'], { 'report.json': report });
    expect(code).toBe(0);
    const [, own, other] = stdout.split('\n### ');
    expect(own).toContain('| mean IoU | 0.952 |');
    expect(own).not.toContain('mine.js');
    if (first !== undefined) expect(own).toContain(`judged by ${first}`.replace('j', 'J'));
    expect(other).toMatch(/^200 layouts \(plain\), judged by \.\/mine\.js\n/);
    expect(other).toContain('| mean IoU | 0.250 |');
    const results = (frontMatter(stdout)['model-index'] as { results: unknown[] }[])[0]!.results;
    expect(results).toHaveLength(2);
  });

  it('names the field of a further judge that is none', async () => {
    const others = { './mine.js': { generated: { ...figures, AP: 94 } } };
    const { code, stderr } = await card(['report.json'], { 'report.json': { ...evaluated, others } });
    expect([code, stderr]).toEqual([
      2,
      'error: card: report.json: others../mine.js.generated.AP: must be a number in 0..1, not 94\n',
    ]);
  });

  it('lists a report once that is given twice', async () => {
    const files = { 'a.json': benched, 'b.json': benched };
    const { code, stdout, stderr } = await card(['a.json', 'b.json', '--license', 'mit'], files);
    expect([code, stderr]).toEqual([
      0,
      'card: b.json says what another report says already; it is listed once\n',
    ]);
    expect(stdout.match(/### c\\_bench\.csv/g)).toHaveLength(1);
  });

  it('says where a report is of other weights, by whatever name, and not for a card in the folder', async () => {
    const model = await fixtureModelFolder();
    const named = { ...evaluated, model: undefined, modelHash: await modelHash([model]) };
    const words = [model, 'report.json', '--license', 'mit', '--out', join(model, 'README.md')];
    for (const _ of [1, 2]) {
      const { code, stderr } = await card(words, { 'report.json': named });
      expect([code, stderr]).toEqual([0, '']);
    }
    const { stderr } = await card(words, { 'report.json': { ...named, modelHash: 'abc' } });
    expect(stderr).toMatch(/^card: report\.json is of other weights \(abc\) than .*; measure it again/);
  });

  it('names what was laid over the model that was measured', async () => {
    const laid = { ...evaluated, adapter: { path: 'cups', hash: 'ab' } };
    const { stdout } = await card(['report.json', '--license', 'mit'], { 'report.json': laid });
    expect(stdout).toContain('### 200 layouts (plain), with adapter cups\n');
  });

  it.each([
    [1, '1 layout (plain)'],
    [2, '2 layouts (plain)'],
  ])('counts %d as %s', async (count, title) => {
    const { stdout } = await card(['report.json'], { 'report.json': { ...evaluated, count } });
    expect(stdout).toContain(`### ${title}\n`);
  });

  it.each<[readonly string[], Readonly<Record<string, unknown>>, RegExp]>([
    [[], {}, /card: give a model directory, or a JSON report/],
    [['none.json'], {}, /none\.json/],
    [['report.json'], { 'report.json': '{' }, /report\.json is not valid JSON/],
    [['report.json'], { 'report.json': [] }, /report\.json: must be an object/],
    [['report.json'], { 'report.json': {} }, /report\.json: is neither a report of evaluate/],
    [
      ['report.json'],
      { 'report.json': { ...evaluated, generated: { meanIoU: '0.9' } } },
      /report\.json: generated\.meanIoU: must be a number in 0\.\.1, not "0\.9"/,
    ],
    [
      [modelDirectory, 'report.json'],
      { 'report.json': { ...evaluated, model: 'other' } },
      /card: a report is of the model other, the card of spatiallock-emoji/,
    ],
    [
      [modelDirectory, 'report.json'],
      { 'report.json': { ...evaluated, adapter: { path: 'cups', hash: 'ab' } } },
      /card: report\.json is of the model with adapter cups over it, .*; leave the report out/,
    ],
    [['report.json', '--out', 'card.txt'], { 'report.json': evaluated }, /--out: must end in \.md/],
    [['.'], {}, /holds no model_index\.json/],
  ])('refuses %j', async (words, files, message) => {
    const { code, stderr, stdout } = await card(words, files);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});

it.each([
  [[], 'diffusers'],
  [['@spatiallock/poi'], 'spatiallock'],
])('a model that declares the plugins %j is one of %s', (plugins, library) => {
  const text = cardMarkdown({ name: 'mine', model: './mine', plugins, detectors: {}, measurements: [] });
  expect(frontMatter(text).library_name).toBe(library);
});

it('a card is Markdown with YAML in front, point by point', () => {
  const text = cardMarkdown({
    ...{ name: 'my_model', title: 'a model', license: 'CC-BY-4.0', base: 'owner/base', model: './mine' },
    ...{ parameters: 1_234_567, plugins: ['@a/b', './c.js'], words: 12, size: { width: 64, height: 32 } },
    detectors: { guides: './guide.js', judges: '@a/judge' },
    training: ['9 steps of 2 pictures'],
    measurements: [
      {
        ...{ title: '3 layouts (plain)', detector: 'center', how: 'steps 25, seed 1' },
        figures: [
          { type: 'mean_iou', name: 'mean IoU', value: 0.5, bound: 0.75 },
          { type: 'ap', name: 'AP', value: 0.25 },
        ],
      },
      { title: 'kept', how: '', figures: [{ type: 'ap', name: 'AP', value: 1 }] },
      { title: 'nothing', how: 'seed 1', figures: [] },
    ],
  });
  const task = { type: 'text-to-image', name: 'Text to image' };
  const metric = (type: string, name: string, value: number) => ({ type, name, value });
  expect(frontMatter(text)).toEqual({
    ...{ license: 'cc-by-4.0', base_model: 'owner/base', library_name: 'spatiallock' },
    ...{ pipeline_tag: 'text-to-image', tags: ['layout-to-image', 'spatiallock'] },
    'model-index': [
      {
        name: 'my_model',
        results: [
          {
            task,
            dataset: { type: 'layouts', name: '3 layouts (plain)' },
            metrics: [metric('mean_iou', 'mean IoU', 0.5), metric('ap', 'AP', 0.25)],
          },
          { task, dataset: { type: 'layouts', name: 'kept' }, metrics: [metric('ap', 'AP', 1)] },
        ],
      },
    ],
  });
  expect(text.slice(text.indexOf('# my'))).toBe(`# my\\_model

A model. Text to pictures in which objects stand in the boxes that are asked for. Made from owner/base.

## Use

\`\`\`sh
spatiallock generate --model ./mine --prompt "..." --object "...@0.1,0.3,0.6,0.9" --out picture.png
\`\`\`

- plugin \`@a/b\`
- plugin \`./c.js\`
- guided by the detector \`./guide.js\`
- judged by the detector \`@a/judge\`
- 1,234,567 parameters

## Intended use

Pictures from a caption and objects in boxes, such as labelled pictures for detectors; look at them before they are used. It is not meant for pictures of real people or events, nor for anything that its licence excludes.

## Limits

- It knows 12 words; others are refused.
- It paints 64 x 32 pixels.
- A layout holds at most 30 objects.
- A detector judges class and place; no figure here says that colours, counts or other words are right.
- What center does not see counts as missing: its own errors are in these figures.

## Training

- 9 steps of 2 pictures

## Figures

### 3 layouts (plain)

Judged by center; steps 25, seed 1

| | pictures | real pictures |
|---|---|---|
| mean IoU | 0.500 | 0.750 |
| AP | 0.250 |  |

### kept

| | pictures |
|---|---|
| AP | 1.000 |

## Licence

CC-BY-4.0
`);
});
