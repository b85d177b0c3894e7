// `--plugin MODULE`, `--detector MODULE`: anybody's, from a path or a package.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodePng, readImage } from '@spatiallock/node';
import { fixtureModelFolder, smallUNetFiles, temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import { fakeServices, runHere } from './support.js';

const folderWith = (files: Readonly<Record<string, string>>): string => {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
};

const fixture = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const dog = ['generate', '--prompt', 'a dog', '--object', 'a dog@0.1,0.1,0.5,0.5'];
const LOUDER = `export default {
  name: 'louder',
  pluginVersion: 1,
  settings: [
    { kind: 'number', name: 'loudness', option: 'gain', min: 0, max: 9, standard: 1, help: 'how loud' },
    { kind: 'choice', name: 'loudnessOf', option: 'part', choices: ['all', 'none'], help: 'what is loud' },
  ],
  layoutFields: { object: { volume: (given) => given } },
  create: ({ least = 1 }) => ({
    name: 'louder',
    pluginVersion: 1,
    layoutFields: { object: { volume: (given) => given } },
    parseOptions: (given = {}) => given,
    sampling: ({ options: { gain = 1 } }) => ({ afterStep: ({ sample }) => sample.map((value) => value * gain * least) }),
  }),
};`;

describe('--plugin', () => {
  it('adds to the pictures, by its options and by flags of its own', async () => {
    const cwd = folderWith({ 'louder.mjs': LOUDER, 'options.json': '{ "least": 1.5 }' });
    const model = await fixtureModelFolder();
    const paint = async (...more: string[]) => {
      const words = [...dog, '--model', model, '--steps', '2', '--seed', '3', '--threads', '1', '--pog', '0'];
      const { code, stderr } = await runHere([...words, '--overwrite', ...more], { cwd });
      expect([code, stderr]).toEqual([0, '']);
      const record = JSON.parse(readFileSync(join(cwd, 'picture.json'), 'utf8'));
      return { bytes: readFileSync(join(cwd, 'picture.png')).toString('base64'), record };
    };
    const plain = await paint();
    const same = await paint('--plugin', './louder.mjs');
    const loud = await paint('--plugin', './louder.mjs', '--loudness', '2');
    const least = await paint('--plugin', './louder.mjs', '--plugin-options', '{"least": 1.5}');
    const fromFile = await paint('--plugin', './louder.mjs', '--plugin-options', 'options.json');
    expect(loud.bytes).not.toBe(same.bytes);
    expect(least.bytes).not.toBe(same.bytes);
    expect(fromFile.bytes).toBe(least.bytes);
    expect(plain.record.loudness).toBeUndefined();
    expect(loud.record).toMatchObject({ loudness: 2, strength: 1, plugins: [join(cwd, 'louder.mjs')] });
  });

  it('reads files that its options and layouts name: LoRA and ControlNet', async () => {
    const model = await fixtureModelFolder();
    const cwd = folderWith({});
    const edges = {
      width: 128,
      height: 128,
      channels: 3 as const,
      data: new Uint8ClampedArray(3 * 128 ** 2).fill(200),
    };
    writeFileSync(join(cwd, 'edges.png'), await encodePng(edges));
    const paint = async (...more: string[]) => {
      const words = ['generate', '--prompt', 'a dog', '--model', model, '--steps', '2', '--threads', '1'];
      const { code, stderr } = await runHere([...words, '--overwrite', ...more], { cwd });
      expect([code, stderr]).toEqual([0, '']);
      return (await readImage(join(cwd, 'picture.png'))).data.join();
    };
    const style = [
      '--plugin',
      'lora',
      '--plugin-options',
      JSON.stringify({ file: fixture('lora/test/fixtures/peft.safetensors') }),
    ];
    const network = fixture('controlnet/test/fixtures');
    const control = [
      '--plugin',
      'controlnet',
      '--plugin-options',
      JSON.stringify({ network, image: 'edges.png' }),
    ];
    const plain = await paint();
    const [styled, steered] = [await paint(...style), await paint(...control)];
    expect(new Set([plain, styled, steered, await paint(...style, ...control)]).size).toBe(4);
    expect(await paint(...style, '--lora-scale', '0')).toBe(plain);
    const file = fixture('lora/test/fixtures/peft.safetensors');
    expect(await paint('--lora', file)).toBe(styled);
    const other = fixture('lora/test/fixtures/kohya.safetensors');
    const [both, turned] = [
      await paint('--lora', `${file}:0.5`, '--lora', `${other}:0`),
      await paint('--lora', `${other}:0`, '--lora', `${file}:0.5`),
    ];
    expect(both).not.toBe(styled);
    expect([both, turned]).toEqual([await paint('--lora', `${file}:0.5`), both]);
    expect(await paint(...control, '--control-scale', '0')).toBe(plain);
  });

  it.each([
    ['lora', {}, 'file: there is no pytorch_lora_weights.safetensors'],
    ['lora', { file: 7 }, 'file: must be a path, not 7'],
    ['lora', { file: 'x', name: 'y' }, 'name: is lora here'],
    ['controlnet', {}, 'network: must be the path of a ControlNetModel directory, not undefined'],
    ['controlnet', { network: 'none' }, 'config.json'],
  ])('%s %j says what is wrong', async (name, options, message) => {
    const words = ['generate', '--prompt', 'a dog', '--model', await fixtureModelFolder(), '--plugin', name];
    const ended = await runHere([...words, '--plugin-options', JSON.stringify(options)], {
      cwd: folderWith({}),
    });
    expect(ended.stderr).toMatch(/^error: [^\n]+\n$/);
    expect(ended.stderr).toContain(message);
    expect(ended.code).toBe(2);
  });

  it.each([
    [['--lora', 'x.safetensors:99'], '--lora: the scale of x.safetensors: must be'],
    [['--lora', 'none.safetensors'], 'file: there is no none.safetensors'],
    [['--lora', 'a', '--plugin', 'lora'], '--plugin: two are named lora; give it once'],
  ])('%j is refused in a line', async (flags, message) => {
    const words = ['generate', '--prompt', 'a dog', '--model', await fixtureModelFolder(), ...flags];
    const { code, stderr } = await runHere(words, { cwd: folderWith({}) });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
  });

  it('offers no flag that makes it where nothing is painted', async () => {
    const words = ['train', '--data', 'a.json', '--images', '.', '--out', 'made', '--lora', 'x'];
    const { code, stderr } = await runHere(words, { cwd: folderWith({}) });
    expect([code, stderr]).toEqual([2, expect.stringContaining('--lora')]);
    const help = await runHere(['convert', '--help'], { cwd: folderWith({}) });
    expect(help.stdout).not.toContain('--lora');
    expect((await runHere(['generate', '--help'], { cwd: folderWith({}) })).stdout).toContain('--lora');
  });

  it('reads its own fields of a layout, which are errors without it', async () => {
    const objects = [{ phrase: 'a dog', box: [0.1, 0.1, 0.5, 0.5], volume: 3 }];
    const cwd = folderWith({
      'louder.mjs': LOUDER,
      'layout.json': JSON.stringify({ prompt: 'a dog', objects }),
    });
    const model = await fixtureModelFolder();
    const words = ['generate', '--layout', 'layout.json', '--model', model, '--steps', '1', '--threads', '1'];
    const refused = await runHere(words, { cwd });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('"volume" is not known')]);
    const { code, stderr } = await runHere([...words, '--plugin', './louder.mjs'], { cwd });
    expect([code, stderr]).toEqual([0, '']);
    const record = JSON.parse(readFileSync(join(cwd, 'picture.json'), 'utf8'));
    expect(record.objects).toMatchObject([{ phrase: 'a dog', volume: 3 }]);
  });

  it('stands in help by the settings of the standard ones', async () => {
    const { stdout } = await runHere(['evaluate', '--help'], { cwd: temporaryFolder() });
    for (const flag of ['--strength', '--poi-until', '--null-tokens', '--pog', '--plugin'])
      expect(stdout).toContain(flag);
  });

  const plugin = (more: string): string => `export default { name: 'mine', pluginVersion: 1, ${more} };`;
  const setting = `settings: [{ kind: 'number', name: 'seed', option: 'x', min: 0, max: 1, help: '' }]`;

  it.each([
    ['export const a = 1;', [], /--plugin: .*mine\.mjs: has neither a default export nor one named plugin/],
    ['export default 7;', [], /mine\.mjs: exports no plugin/],
    ['throw new Error("no\\nluck");', [], /mine\.mjs: cannot be loaded: no luck/],
    ['syntax error', [], /mine\.mjs: cannot be loaded: /],
    ['export default () => { throw new Error("no luck"); };', [], /mine\.mjs: no luck/],
    ['export default () => undefined;', [], /mine\.mjs: exports no plugin/],
    ['export default { name: "mine", pluginVersion: 9 };', [], /plugin mine: is of pluginVersion 9/],
    ['export default { name: "mine" };', [], /exports no plugin/],
    [
      plugin(`create: () => ({ name: 'mine', pluginVersion: 1 }), ${setting}`),
      [],
      /offers --seed, which the command/,
    ],
    [plugin(''), ['--plugin', './mine.mjs'], /--plugin: two are named mine; give it once/],
    [plugin(''), ['--plugin-options', '{'], /--plugin-options: it is not valid JSON/],
    [plugin(''), ['--plugin-options', 'none.json'], /--plugin-options: .*none\.json/],
    [plugin(''), ['--plugin-options', '{"a": 1}'], /plugin mine: takes no options/],
    [plugin(''), ['--plugin-options', '{}', '--plugin-options', '{}'], /has options already/],
    [plugin(''), ['--plugin', ''], /--plugin: /],
    [plugin(''), ['--plugin', './none.mjs'], /none\.mjs: there is no such file/],
    [plugin(''), ['--plugin', '@someone/missing'], /@someone\/missing: is not installed; npm install/],
    [plugin(''), ['--plugin', 'node:fs'], /must be the name of a package/],
    [plugin(''), ['--plugin', './mine.mjs#other'], /exports no other, but default/],
  ])('%j with %j is refused in a line', async (body, more, message) => {
    const { services, requests } = fakeServices();
    const words = [...dog, '--plugin', './mine.mjs', ...more];
    const { code, stderr, stdout } = await runHere(words, {
      cwd: folderWith({ 'mine.mjs': body }),
      services,
    });
    expect(stderr).toMatch(/^error: [^\n]*\n$/);
    expect(stderr).toMatch(message);
    expect([code, stdout, requests]).toEqual([2, '', []]);
  });

  it('options without a plugin are refused', async () => {
    const { code, stderr } = await runHere([...dog, '--plugin-options', '{}'], { cwd: temporaryFolder() });
    expect([code, stderr]).toEqual([2, expect.stringContaining('belongs to the --plugin before it')]);
  });
});

describe('a model with a plugin of somebody else', () => {
  it('is trained by train --plugin, and opened again', async () => {
    const folder = temporaryFolder();
    const base = await fixtureModelFolder(smallUNetFiles({ injection: false }));
    mkdirSync(join(folder, 'images'));
    const data = Uint8ClampedArray.from({ length: 3 * 32 * 32 }, (_, i) => (i * 7) % 256);
    for (const id of [1, 2]) {
      const png = await encodePng({ width: 32, height: 32, channels: 3, data });
      writeFileSync(join(folder, 'images', `${id}.png`), png);
    }
    const coco = {
      categories: [{ id: 1, name: 'dog' }],
      images: [1, 2].map((id) => ({ id, file_name: `${id}.png`, width: 32, height: 32 })),
      annotations: [1, 2].map((id) => ({ id, image_id: id, category_id: 1, bbox: [4, 4, 20, 20] })),
    };
    const detector = (label: string) => `export default { labels: ['${label}'], detect: async () => [] };`;
    writeFileSync(join(folder, 'detector.mjs'), detector('dog'));
    writeFileSync(join(folder, 'stranger.mjs'), detector('zebra'));
    writeFileSync(join(folder, 'coco.json'), JSON.stringify(coco));
    const module = fileURLToPath(new URL('./fixtures/learntGain.ts', import.meta.url));
    const refused = await runHere(
      [
        ...['train', '--data', 'coco.json', '--images', 'images', '--base', base, '--out', 'model'],
        ...['--detector', './stranger.mjs', '--validation', '0.5', '--threads', '1'],
      ],
      { cwd: folder },
    );
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--detector: ./stranger.mjs knows nothing of dog; its labels are zebra');
    expect(existsSync(join(folder, 'model'))).toBe(false);
    const trained = await runHere(
      [
        ...['train', '--data', 'coco.json', '--images', 'images', '--base', base, '--out', 'model'],
        ...['--plugin', `${module}#learntGain`, '--plugin-options', '{"start": 1.5}'],
        ...['--steps', '1', '--batch', '1', '--validation', '0.5', '--threads', '1'],
        ...['--detector', './detector.mjs'],
      ],
      { cwd: folder },
    );
    expect([trained.code, trained.stderr]).toEqual([0, '']);
    // One that sees nothing.
    expect(trained.stdout).toContain('validation pictures: mean IoU 0.000');
    const out = join(folder, 'model');
    expect(existsSync(join(out, 'gain', 'diffusion_pytorch_model.safetensors'))).toBe(true);
    const settings = JSON.parse(readFileSync(join(out, 'spatiallock.json'), 'utf8'));
    const own = { module, export: 'learntGain', options: { start: 1.5 } };
    expect(settings).toMatchObject({ version: 1, plugins: [{ module: '@spatiallock/poi' }, own] });

    const words = [...dog, '--model', 'model', '--steps', '1', '--threads', '1', '--pog', '0'];
    const painted = await runHere(words, { cwd: folder });
    expect([painted.code, painted.stderr]).toEqual([0, '']);

    const moved = { ...settings, plugins: [{ ...own, module: join(folder, 'moved.mjs') }] };
    writeFileSync(join(out, 'spatiallock.json'), JSON.stringify(moved));
    const { code, stderr } = await runHere(words, { cwd: folder });
    expect([code, stderr]).toEqual([2, expect.stringContaining('moved.mjs: there is no such file')]);
  }, 600_000);
});
