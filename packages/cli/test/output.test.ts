// What the command prints and reads: help, versions, layouts from everywhere, records for scripts.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@spatiallock/testing';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { fakeServices, filesIn, type RunOptions, runHere } from './support.js';

const words = ['generate', '--prompt', 'a dog', '--object', 'a dog@0.1,0.3,0.6,0.9'];
const layoutOf = (prompt: string) => ({ prompt, objects: [{ phrase: 'a dog', box: [0.1, 0.3, 0.6, 0.9] }] });

async function run(given: readonly string[], options: Partial<RunOptions> = {}) {
  const cwd = options.cwd ?? temporaryFolder();
  return { cwd, ...(await runHere(given, { cwd, services: fakeServices().services, ...options })) };
}

describe('help and version', () => {
  it.each([['--version'], ['-v']])('%s', async (word) => {
    expect(await run([word])).toMatchObject({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  });

  it.each([[['help']], [['--help']], [['-h']], [[]]])('%j names the commands', async (given) => {
    const { code, stdout } = await run(given);
    expect(code).toBe(0);
    for (const name of ['generate', 'evaluate', 'train', 'EXAMPLES']) expect(stdout).toContain(name);
  });

  it.each(['generate', 'evaluate', 'train'])('of %s has examples that its flags allow', async (name) => {
    const [byWord, byFlag] = [await run(['help', name]), await run([name, '--help'])];
    expect(byWord.stdout).toBe(byFlag.stdout);
    const examples = byWord.stdout.split('EXAMPLES')[1].trim().split('\n');
    expect(examples.length).toBeGreaterThan(1);
    for (const example of examples) {
      for (const [flag] of example.matchAll(/(?<= )--?[a-z][a-z-]*/g)) expect(byWord.stdout).toContain(flag);
    }
  });
});

describe('layouts', () => {
  const prompts = async (given: readonly string[], options: Partial<RunOptions>) => {
    const { cwd, code, stderr } = await run(given, options);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const records = filesIn(cwd).filter((name) => /^picture.*json$/.test(name));
    return records
      .map((name) => JSON.parse(readFileSync(join(cwd, name), 'utf8')))
      .map(({ prompt }) => prompt);
  };
  const two = [layoutOf('one'), layoutOf('two')];
  const lines = two.map((layout) => JSON.stringify(layout)).join('\n');

  it.each([
    ['one', JSON.stringify(layoutOf('one')), ['one']],
    ['one behind a byte-order mark', `\ufeff${JSON.stringify(layoutOf('one'), null, 2)}`, ['one']],
    ['a list', JSON.stringify(two), ['one', 'two']],
    ['lines', `${lines}\r\n\n`, ['one', 'two']],
  ])('come from standard input: %s', async (_, stdin, expected) => {
    expect(await prompts(['generate', '--layout', '-'], { stdin })).toEqual(expected);
  });

  it('come from a file of lines, each painted as often as asked, with seeds one after the other', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'set.jsonl'), lines);
    const given = ['generate', '--layout', 'set.jsonl', '--count', '2', '--seed', '5'];
    expect(await prompts(given, { cwd })).toEqual(['one', 'one', 'two', 'two']);
    const last = JSON.parse(readFileSync(join(cwd, 'picture-4.json'), 'utf8'));
    expect(last).toMatchObject({ seed: 8, count: 4 });
  });

  it.each([
    ['of the file', [], 41],
    ['of the flag where there is one', ['--seed', '5'], 5],
  ])('are painted with the seed %s, as the demo saves it', async (_, flags, seed) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'layout.json'), JSON.stringify({ ...layoutOf('one'), seed: 41 }));
    expect(await prompts(['generate', '--layout', 'layout.json', ...flags], { cwd })).toEqual(['one']);
    expect(JSON.parse(readFileSync(join(cwd, 'picture.json'), 'utf8'))).toMatchObject({ seed });
  });
});

describe('output', () => {
  it('is one record a line with --json, and nothing else on stdout', async () => {
    const { cwd, stdout } = await run(['generate', '--count', '3', '--json']);
    const records = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records.map(({ path }) => path)).toEqual([1, 2, 3].map((i) => join(cwd, `picture-${i}.png`)));
    const { path: _, ...first } = records[0];
    expect(first).toEqual(JSON.parse(readFileSync(join(cwd, 'picture-1.json'), 'utf8')));
  });

  it('is nothing with --quiet, but what --json asks for', async () => {
    const options = { progress: 'lines' } as const;
    expect(await run([...words, '--quiet'], options)).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const { stdout, stderr } = await run([...words, '--quiet', '--json'], options);
    expect([JSON.parse(stdout).prompt, stderr]).toEqual(['a dog', '']);
  });

  it.each([
    ['the record', [], 'picture.json'],
    ['the last picture', ['--count', '3'], 'picture-3.png'],
  ])('takes the place of no folder where %s would stand, and nothing is painted', async (_, more, name) => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, name));
    const { services, requests } = fakeServices();
    const { code, stderr } = await run([...words, ...more], { cwd, services });
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining(`--out: ${join(cwd, name)} is not a file; choose another name`),
    ]);
    expect([requests, filesIn(cwd)]).toEqual([[], [name]]);
  });

  it('shows progress as plain lines where there is no terminal', async () => {
    const { stderr } = await run([...words, '--count', '16'], { progress: 'lines' });
    expect(stderr).toBe('loading 0 %\npainting 25 %\npainting 50 %\npainting 75 %\npainting 100 %\n');
  });

  it.each([
    ['a.jpg', 'jpeg'],
    ['b.JPEG', 'jpeg'],
    ['c.webp', 'webp'],
    ['d.PNG', 'png'],
  ])('%s is a picture of its format, with its record', async (name, format) => {
    for (const more of [[], ['--boxes']]) {
      const { cwd } = await run([...words, '-o', name, ...more]);
      expect((await sharp(join(cwd, name)).metadata()).format).toBe(format);
      const record = JSON.parse(readFileSync(join(cwd, `${name.split('.')[0]}.json`), 'utf8'));
      expect(record).toMatchObject({ picture: name, size: { width: more.length > 0 ? 512 : 16 } });
    }
  });
});
