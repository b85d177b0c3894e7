// Boxes that `generate` draws where the command gives a caption alone.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { baseHash, formatAdapter } from '@spatiallock/core/adapters';
import { modelDirectory } from '@spatiallock/model-emoji';
import { directory } from '@spatiallock/node';
import { fixtureModelFolder, temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import { fakeServices, filesIn, runHere } from './support.js';

async function paint(...words: string[]) {
  const cwd = temporaryFolder();
  const { services } = fakeServices();
  const outcome = await runHere(['generate', ...words], { cwd, services });
  const records = filesIn(cwd)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(cwd, name), 'utf8')));
  return { ...outcome, records };
}

const phrases = ({ objects }: { objects: { phrase: string }[] }) => objects.map(({ phrase }) => phrase);

describe('a caption without boxes', () => {
  it('gets a box for each thing that it names, and says so', async () => {
    const { stdout, records } = await paint('--prompt', 'two rockets and a blue cat at night');
    expect(stdout).toContain(
      'Boxes at random places: 2 x a rocket, a blue cat (--caption-alone paints without).',
    );
    expect(phrases(records[0])).toEqual(['a rocket', 'a rocket', 'a blue cat']);
    expect(records[0].prompt).toBe('two rockets and a blue cat at night');
  });

  it.each([
    ['red apples, 3 green frogs', '--prompt: the model never learnt "3"; write "three"'],
    ['a dozen apples', '--prompt: the model never learnt "dozen"; of numbers it knows one, two,'],
    ['no dogs, a cat', '--prompt: the model never learnt "no"; say what the picture shows'],
  ])('of words that the model never learnt gets none, and advice: %s', async (prompt, advice) => {
    const cwd = temporaryFolder();
    const words = ['generate', '--prompt', prompt, '--count', '2', '--threads', '1'];
    const { code, stdout, stderr } = await runHere(words, { cwd });
    expect([code, stdout, filesIn(cwd)]).toEqual([2, '', []]);
    expect(stderr).toContain(`error: ${advice}`);
  });

  it('is read without the numbers of weights', async () => {
    const { records } = await paint('--prompt', 'a (red:1.3) cat', '--prompt-weighting', 'a1111');
    expect(phrases(records[0])).toEqual(['a red cat']);
    expect(records[0].prompt).toBe('a (red:1.3) cat');
  });

  it('gets no more boxes than a layout holds, and says so once', async () => {
    const prompt = ['cats', 'dogs', 'birds', 'cars'].map((name) => `eight ${name}`).join(' and ');
    const { stderr, records } = await paint('--prompt', prompt, '--count', '2');
    expect(records[0].objects).toHaveLength(30);
    expect(stderr.match(/warning:.*/g)).toEqual([
      'warning: --prompt: the caption names 32 things; the first 30 have boxes, the most of a layout; name fewer',
    ]);
  });

  it('gets the same boxes for the same seed, and others for others', async () => {
    const boxes = async (...more: string[]) =>
      (await paint('--prompt', 'a dog', ...more)).records.map(({ objects }) => objects);
    expect(await boxes('--seed', '5')).toEqual(await boxes('--seed', '5'));
    const [first, second] = await boxes('--seed', '5', '--count', '2');
    expect(first).toEqual((await boxes('--seed', '5'))[0]);
    expect(second).toEqual((await boxes('--seed', '6'))[0]);
    expect(first).not.toEqual(second);
  });

  it('has as wide a box as what it names usually is', async () => {
    const { records } = await paint('--prompt', 'a person and a couch');
    const [person, couch] = records[0].objects.map(
      ({ box: [left, top, right, bottom] }: { box: number[] }) => (right - left) / (bottom - top),
    );
    expect(person).toBeLessThan(0.5);
    expect(couch).toBeGreaterThan(1.4);
  });

  it.each([
    ['is painted alone where that is asked for', ['--prompt', 'a dog', '--caption-alone'], []],
    ['is left alone where it names nothing', ['--prompt', 'a beach'], []],
    ['is left alone beside boxes', ['--prompt', 'a dog and a cat', '--object', 'a cat@0,0,1,1'], ['a cat']],
  ])('%s', async (_, words, wanted) => {
    const { stdout, records } = await paint(...words);
    expect(phrases(records[0])).toEqual(wanted);
    expect(stdout).not.toContain('Boxes at random');
  });

  it('is left alone where the model declares no judge', async () => {
    const model = await fixtureModelFolder();
    const { records } = await paint('--prompt', 'a dog', '--model', model);
    expect(phrases(records[0])).toEqual([]);
  });

  it('gets boxes for what the model was taught, though it declares no judge', async () => {
    const plugins = [{ module: '@spatiallock/poi' }];
    const settings = { version: 1, plugins, categories: [{ name: 'forklift' }] };
    const bytes = new TextEncoder().encode(JSON.stringify(settings));
    const model = await fixtureModelFolder({ 'spatiallock.json': bytes });
    const { records } = await paint('--prompt', 'two forklifts and a dog', '--model', model);
    expect(phrases(records[0])).toEqual(['a forklift', 'a forklift']);
  });

  it('gets boxes for what an adapter was taught, as wide as it was', async () => {
    const hash = await baseHash(directory(modelDirectory));
    const bytes = formatAdapter({
      base: { hash },
      weights: {},
      categories: [{ name: 'forklift', aspect: 2 }],
    });
    const adapter = join(temporaryFolder(), 'adapter.safetensors');
    writeFileSync(adapter, bytes);
    const { records } = await paint('--prompt', 'a dog and a forklift', '--adapter', adapter);
    expect(phrases(records[0])).toEqual(['a dog', 'a forklift']);
    const contents = expect.stringMatching(/^[0-9a-f]{16}$/);
    expect(records[0].adapter).toEqual({ path: adapter, hash: contents });
    const [left, top, right, bottom] = records[0].objects[1].box;
    expect((right - left) / (bottom - top)).toBeGreaterThan(1.7);
  });

  it('gets a box for a taught thing whose name begins as another; the judge, who knows that alone, does not judge it', async () => {
    const cwd = temporaryFolder();
    const base = { hash: await baseHash(directory(modelDirectory)) };
    const adapter = join(cwd, 'adapter.safetensors');
    writeFileSync(adapter, formatAdapter({ base, weights: {}, categories: [{ name: 'dog house' }] }));
    const { records } = await paint('--prompt', 'two dog houses', '--adapter', adapter);
    expect(phrases(records[0])).toEqual(['a dog house', 'a dog house']);
    const words = ['generate', '--verify', '--adapter', adapter, '--prompt', 'a dog house'];
    const { code, stderr } = await runHere(words, { cwd });
    expect(stderr).toContain('--verify: the detector at hand does not know "a dog house"');
    expect([code, filesIn(cwd)]).toEqual([2, ['adapter.safetensors']]);
  }, 120_000);

  it('is refused with an adapter of another model, before anything is painted', async () => {
    const adapter = join(temporaryFolder(), 'adapter.safetensors');
    writeFileSync(adapter, formatAdapter({ base: { hash: 'a'.repeat(64) }, weights: {} }));
    const { code, stderr, records } = await paint('--prompt', 'a dog', '--adapter', adapter);
    expect([code, records]).toEqual([2, []]);
    expect(stderr).toContain('adapter: was trained from another model');
  });

  it.each([[['--object', 'a dog@0,0,1,1']], [['--prompt', 'a dog', '--object', 'a dog@0,0,1,1']], [[]]])(
    '--caption-alone is refused with %j',
    async (words) => {
      const { code, stderr, records } = await paint(...words, '--caption-alone');
      expect([code, records]).toEqual([2, []]);
      expect(stderr).toContain('--caption-alone: has no effect without --prompt, or with --object');
    },
  );
});
