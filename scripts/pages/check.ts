// Part of `npm run typecheck`: the shell and JSON examples of READMEs and docs, and the commands that their prose names.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { commandArgs } from '@spatiallock/cli';
// Declares the fields of layouts that the command records.
import { allWorkspaces } from '../packages/workspaces.js';
import { commandFaults, type Known } from './commandFaults.js';
import { fencesOf, inlineCodeOf } from './fences.js';
import { shellCommands } from './shellCommands.js';

/** What a fenced block may be; all but `text` is checked, `ts` and `html` elsewhere. */
const LANGUAGES = ['ts', 'ts outline', 'sh', 'json', 'html', 'text'];

/** Pages whose prose names flags of `spatiallock` alone. */
const OF_THE_COMMAND = /^(packages\/cli\/README\.md|docs\/(start|guides)\/)/;

interface Manifest {
  readonly name?: string;
  readonly scripts?: Readonly<Record<string, string>>;
}

const manifestOf = (location: string): Manifest =>
  JSON.parse(readFileSync(`${location}/package.json`, 'utf8'));
const scriptsOf = ({ scripts = {} }: Manifest): string[] => Object.keys(scripts);

const locations = allWorkspaces().map(({ location }) => location);
const workspaces = locations.map(manifestOf);
const commands = await commandArgs(process.cwd());
const known: Known = {
  commands,
  scripts: Object.fromEntries([
    ['', scriptsOf(manifestOf('.'))],
    ...workspaces.map((manifest) => [manifest.name, scriptsOf(manifest)] as const),
  ]),
  packages: workspaces.flatMap(({ name }) => name ?? []),
  exists: existsSync,
};
const flags = new Set(Object.values(commands).flatMap((args) => Object.keys(args)));

/** What a page may name: a workspace's README also its own scripts, which run in its folder. */
function knownOn(page: string): Known {
  const location = locations.find((each) => page === `${each}/README.md`);
  if (location === undefined) return known;
  const root = [...(known.scripts[''] ?? []), ...scriptsOf(manifestOf(location))];
  return { ...known, scripts: { ...known.scripts, '': root } };
}

function fenceFaults(info: string, code: string, known: Known): string[] {
  if (!LANGUAGES.includes(info)) return [`a block of ${info || 'no language'}: use ${LANGUAGES.join(', ')}`];
  if (info === 'sh') {
    return shellCommands(code).flatMap(({ words, line }) =>
      commandFaults(words, known).map((fault) => `${fault} (line ${line} of the block)`),
    );
  }
  if (info !== 'json') return [];
  try {
    JSON.parse(code);
    return [];
  } catch (error) {
    return [`a block of json: ${error instanceof Error ? error.message : String(error)}`];
  }
}

function inlineFaults(text: string, page: string, known: Known): string[] {
  if (/^(spatiallock|npm run) /.test(text)) {
    return shellCommands(text).flatMap(({ words }) => commandFaults(words, known));
  }
  const flag = OF_THE_COMMAND.test(page) ? /^--([\w-]+)/.exec(text)?.[1] : undefined;
  const isOurs =
    flag === undefined || flags.has(flag) || ['help', 'version', 'ignore-scripts'].includes(flag);
  return isOurs ? [] : [`--${flag}: no command of spatiallock has this flag`];
}

const pages = execFileSync('git', ['ls-files', '*README.md', 'CONTRIBUTING.md', 'docs/*.md'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((page) => page !== '' && existsSync(page));
let count = 0;
for (const page of pages) {
  const markdown = readFileSync(page, 'utf8');
  const here = knownOn(page);
  const fences = fencesOf(markdown).map(({ info, code, line }) => ({
    line,
    faults: fenceFaults(info, code, here),
  }));
  const inline = inlineCodeOf(markdown).map(({ text, line }) => ({
    line,
    faults: inlineFaults(text, page, here),
  }));
  for (const { line, faults } of [...fences, ...inline]) {
    for (const fault of faults) {
      console.error(`${page}:${line}: ${fault}`);
      count++;
    }
  }
}
console.log(`commands and data of ${pages.length} pages: ${count} faults`);
process.exitCode = count === 0 ? 0 : 1;
