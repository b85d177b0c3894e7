// What checks the examples of documentation.

import { describe, expect, it } from 'vitest';
import { commandFaults, type Known } from '../pages/commandFaults.js';
import { fencesOf, inlineCodeOf } from '../pages/fences.js';
import { shellCommands } from '../pages/shellCommands.js';

const page = [
  'Run `npm run',
  'docs` here:',
  '',
  '```sh',
  'echo `a`',
  '```',
  '',
  '````text',
  '```',
  '````',
  '',
].join('\n');

describe('a page', () => {
  it('has fenced blocks, with their lines', () => {
    expect(fencesOf(page)).toEqual([
      { info: 'sh', code: 'echo `a`\n', line: 5 },
      { info: 'text', code: '```\n', line: 9 },
    ]);
  });

  it('has code in its prose, put on one line', () => {
    expect(inlineCodeOf(page)).toEqual([{ text: 'npm run docs', line: 1 }]);
  });
});

describe('a shell example', () => {
  const words = (code: string) => shellCommands(code).map((each) => each.words);

  it.each([
    [
      'spatiallock generate --prompt "a dog | a cat" -o a.png',
      [['spatiallock', 'generate', '--prompt', 'a dog | a cat', '-o', 'a.png']],
    ],
    ['a --b \\\n  --c', [['a', '--b', '--c']]],
    [
      'cat l.json | a --layout - > out.jsonl',
      [
        ['cat', 'l.json'],
        ['a', '--layout', '-'],
      ],
    ],
    [
      'A=1 B=2 npm ci && npm start # begin',
      [
        ['npm', 'ci'],
        ['npm', 'start'],
      ],
    ],
    ['A=1', []],
    ['a *.png', [['a', '*.png']]],
  ])('%s', (code, expected) => {
    expect(words(code)).toEqual(expected);
  });

  it('tells the line at which a command begins', () => {
    expect(shellCommands('a\nb \\\n c\nd').map(({ line }) => line)).toEqual([1, 2, 4]);
  });
});

describe('a command', () => {
  const known: Known = {
    commands: { paint: { steps: { type: 'string' }, quiet: { type: 'boolean' } } },
    scripts: { '': ['docs', 'test'], inner: ['site'] },
    packages: ['@spatiallock/core'],
    exists: (path) => path === 'packages/core/test/a.test.ts',
  };
  const faults = (line: string) => shellCommands(line).flatMap((each) => commandFaults(each.words, known));

  it.each([
    'spatiallock paint --steps 25 --quiet',
    'spatiallock paint --help',
    'spatiallock COMMAND --help',
    'node packages/cli/dist/main.js paint --steps 4',
    'npx --package @spatiallock/cli spatiallock paint',
    'npm run docs -- --any',
    'npm test',
    'npm run site -w inner',
    'npm install @spatiallock/core sharp',
    'npx vitest run packages/core/test/a.test.ts',
    'node picture.mjs',
    'git push --force',
  ])('%s is known', (line) => {
    expect(faults(line)).toEqual([]);
  });

  it.each([
    ['spatiallock draw', 'spatiallock draw: there is no such command'],
    [
      'spatiallock paint --step 25',
      'spatiallock paint: --step: is not known (did you mean --steps?); see spatiallock paint --help',
    ],
    ['node packages/cli/dist/main.js paint --steps', 'spatiallock paint: --steps: needs a value after it'],
    ['npm run site', 'npm run site: there is no such script'],
    ['npm run docs -w inner', 'npm run docs -w inner: there is no such script'],
    ['npm start', 'npm run start: there is no such script'],
    ['npm install @spatiallock/none', 'npm install @spatiallock/none: there is no such package'],
    ['npx vitest run packages/none', 'packages/none: the repository does not have it'],
    ['node --import tsx scripts/none.ts', 'scripts/none.ts: the repository does not have it'],
  ])('%s is not', (line, fault) => {
    expect(faults(line)).toEqual([fault]);
  });
});
