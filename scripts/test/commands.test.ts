// This repository's own commands as processes: words that they do not know, help, Ctrl-C.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Io } from '@spatiallock/cli/command';
import { exitCodeOf } from '@spatiallock/cli/command';
import { RESUMES } from '@spatiallock/research-harness';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  scripts: Record<string, string>;
};
const own = Object.entries(scripts).filter(([, line]) => {
  const entry = /\S+\.ts$/.exec(line)?.[0];
  return entry !== undefined && /runCommand|detectorCommand/.test(readFileSync(root + entry, 'utf8'));
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function process(line: string, ...words: string[]): Promise<Ended> {
  const [program, ...first] = line.split(' ');
  return new Promise((resolve) => {
    const ended = execFile(program!, [...first, ...words], { cwd: root }, (_, stdout, stderr) =>
      resolve({ code: ended.exitCode ?? -1, stdout, stderr }),
    );
  });
}

it('finds them', () => {
  const names = own.map(([name]) => name);
  expect(names).toEqual(
    expect.arrayContaining(['ablation', 'downstream', 'sweep', 'train:emoji', 'train:emoji-128']),
  );
});

it.concurrent.each(own)('npm run %s refuses what it does not know, in one line', async (name, line) => {
  expect(await process(line, '--bogus')).toEqual({
    code: 2,
    stdout: '',
    stderr: `error: --bogus: is not known; see npm run ${name} -- --help\n`,
  });
});

it.concurrent.each([
  ['train:emoji', '--seen=-5', '--seen: must be a whole number in 0..199999999, not -5'],
  ['train:emoji', '--start=', '--start: is empty; write a value, or leave the flag out'],
  [
    'train:emoji',
    '--set=unet.step=7',
    '--set: unet has no step; it has steps, batch, peak, ema, saveEvery, endsAt',
  ],
  ['measure:emoji', '--model=m --copies --steps=3', '--steps: has no effect with --copies; leave it out'],
  ['measure:emoji', '--model=m --boxes', '--boxes: needs --captions, whose objects get them'],
  [
    'measure:emoji',
    '--model=m --captions=3 --painted=p',
    '--painted: has no effect with --captions; leave it out',
  ],
])('npm run %s refuses %s before it begins', async (name, words, reason) => {
  expect(await process(scripts[name]!, ...words.split(' '))).toEqual({
    code: 2,
    stdout: '',
    stderr: `error: ${reason}\n`,
  });
});

it('help names the flags', async () => {
  const { code, stdout, stderr } = await process(scripts.sweep!, '--help');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/USAGE npm run sweep -- .*--count=.*--scenes=<plain\|wide\|mixed>/s);
});

it('says what an interrupted training keeps', async () => {
  const said: string[] = [];
  const stderr = { write: (text: string) => said.push(text) } as unknown as NodeJS.WritableStream;
  const io: Io = { cwd: root, stdout: stderr, stderr, signal: AbortSignal.abort() };
  expect(await exitCodeOf(async () => io.signal.throwIfAborted(), io, RESUMES)).toBe(130);
  expect(said).toEqual([`interrupted: ${RESUMES}\n`]);
});
