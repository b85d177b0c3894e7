// The real process: its exit codes, its streams and Ctrl-C.

import { type StdioOptions, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fixtureModelFolder, temporaryFolder } from '@spatiallock/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { filesIn } from './support.js';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

/** Runs the command; `onOutput` receives what a stream has printed so far. */
function spawnHere(
  words: readonly string[],
  cwd: string,
  onOutput?: (printed: string, kill: () => void) => void,
) {
  const flags = ['--import', tsx, '--conditions=@spatiallock/source', main];
  const child = spawn(process.execPath, [...flags, ...words], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (piece) => {
    stdout += piece;
    onOutput?.(stdout, () => child.kill('SIGINT'));
  });
  child.stderr.on('data', (piece) => {
    stderr += piece;
    onOutput?.(stderr, () => child.kill('SIGINT'));
  });
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('the process', () => {
  it('shows help', async () => {
    const { code, stdout, stderr } = await spawnHere([], temporaryFolder());
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('generate');
    expect(stdout).toContain('evaluate');
  });

  it('refuses bad input', async () => {
    const folder = temporaryFolder();
    expect(await spawnHere(['generate', '--object', 'a dog@0.4,0.1,0.1,0.5'], folder)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: objects[0].box: x1 (0.10) must be greater than x0 (0.40)\n',
    });
    expect(filesIn(folder)).toEqual([]);
  });

  it('stops at Ctrl-C and leaves nothing', async () => {
    const folder = temporaryFolder();
    const model = await fixtureModelFolder();
    let interrupted = false;
    const words = ['generate', '--model', model, '--steps', '1000', '--threads', '1'];
    const { code, stderr } = await spawnHere(words, folder, (stdout, kill) => {
      if (interrupted || !stdout.includes('--out picture.png')) return;
      interrupted = true;
      setTimeout(kill, 500);
    });
    expect(stderr).toMatch(/^loading 0 %\n(painting \d+ %\n)*interrupted: nothing was written\n$/);
    expect(code).toBe(130);
    expect(filesIn(folder)).toEqual([]);
  });
});

describe('a detector of somebody else', async () => {
  const model = await fixtureModelFolder();
  const words = ['dataset', '--layouts', 'layouts.jsonl', '--out', 'set', '--verify', './mine.mjs'];
  const folderWith = (module: string): string => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'mine.mjs'), module);
    writeFileSync(
      join(folder, 'layouts.jsonl'),
      JSON.stringify({
        prompt: 'a dog',
        objects: [{ phrase: 'a dog', box: [0, 0, 0.5, 0.5] }],
      }),
    );
    return folder;
  };
  const spawnIn = (folder: string, onOutput?: (printed: string, kill: () => void) => void) =>
    spawnHere([...words, '--model', model, '--steps', '1', '--threads', '1'], folder, onOutput);
  const busy = 'setInterval(() => undefined, 1000);';

  it.each([
    ['without anything to wait for', ''],
    ['with a timer of its own', busy],
  ])('that never answers, %s, is left at Ctrl-C', async (_, before) => {
    const folder = folderWith(
      `${before} export default { labels: ['dog'], detect: () => new Promise(() => {}) };`,
    );
    let interrupted = false;
    const { code, stderr } = await spawnIn(folder, (printed, kill) => {
      if (interrupted || !printed.includes('painting 100 %')) return;
      interrupted = true;
      setTimeout(kill, 500);
    });
    expect([code, stderr]).toEqual([130, expect.stringContaining('interrupted: 0 of 1 pictures are done')]);
    expect(existsSync(join(folder, 'set', 'lock.json'))).toBe(false);
  });

  it('that never loads is an error', async () => {
    const { code, stderr } = await spawnIn(folderWith('await new Promise(() => {});'));
    expect([code, stderr]).toEqual([1, expect.stringContaining('error: the command waits for a module')]);
  });

  it('that leaves a timer behind does not keep the process', async () => {
    const folder = folderWith(`${busy} export default { labels: ['dog'], detect: async () => [] };`);
    expect((await spawnIn(folder)).code).toBe(0);
  });
});

/** Runs the command with these streams; gives its code and what it printed where a stream is a pipe. */
function spawnOn(
  stdio: StdioOptions,
  words: readonly string[],
  cwd: string,
  onStart?: (close: () => void) => void,
) {
  const flags = ['--import', tsx, '--conditions=@spatiallock/source', main];
  const child = spawn(process.execPath, [...flags, ...words], { cwd, stdio });
  onStart?.(() => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece) => (printed += piece));
  return new Promise<{ code: number | null; printed: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, printed }));
  });
}

describe('a reader that goes away', async () => {
  const model = await fixtureModelFolder();
  const paint = ['generate', '--model', model, '--steps', '1', '--threads', '1', '--prompt', 'a dog'];

  it.each([
    ['of both streams', ['ignore', 'pipe', 'pipe'] as const],
    ['of stdout, with stderr whole', ['ignore', 'pipe', 'inherit'] as const],
  ])('%s stops nothing', async (_, stdio) => {
    const folder = temporaryFolder();
    const { code } = await spawnOn([...stdio], paint, folder, (close) => close());
    expect([code, filesIn(folder)]).toEqual([0, ['picture.json', 'picture.png']]);
  });

  it.each([['--help'], ['--version'], ['evaluate', '--help']])('%s ends with code 0', async (...words) => {
    expect(
      (await spawnOn(['ignore', 'pipe', 'pipe'], words, temporaryFolder(), (close) => close())).code,
    ).toBe(0);
  });

  it('keeps the code of what went wrong', async () => {
    const { code } = await spawnOn(['ignore', 'pipe', 'pipe'], ['paint'], temporaryFolder(), (close) =>
      close(),
    );
    expect(code).toBe(2);
  });
});

describe('an output on a full disk', async () => {
  const model = await fixtureModelFolder();
  const paint = ['generate', '--model', model, '--steps', '1', '--threads', '1', '--prompt', 'a dog'];
  const full = openSync('/dev/full', 'w');
  afterAll(() => closeSync(full));
  const line = 'error: stdout: cannot be written (ENOSPC: no space is left on the disk)\n';

  it('is one line, and code 1; the picture is written', async () => {
    const folder = temporaryFolder();
    const { code, printed } = await spawnOn(
      ['ignore', full, 'pipe'],
      [...paint, '--quiet', '--json'],
      folder,
    );
    expect([code, printed, filesIn(folder)]).toEqual([1, line, ['picture.json', 'picture.png']]);
  });

  it.each([['--help'], ['--version']])('for %s too', async (word) => {
    const { code, printed } = await spawnOn(['ignore', full, 'pipe'], [word], temporaryFolder());
    expect([code, printed]).toEqual([1, line]);
  });

  it('is code 1 where it is stderr', async () => {
    const folder = temporaryFolder();
    const { code, printed } = await spawnOn(['ignore', 'pipe', full], paint, folder);
    expect([code, filesIn(folder)]).toEqual([1, ['picture.json', 'picture.png']]);
    expect(printed).toContain('picture.png');
  });
});
