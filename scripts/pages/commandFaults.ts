// Whether a command that documentation shows exists, with the flags that it is shown with.

import type { ArgsDef } from '@spatiallock/cli/command';
import { readFlags } from '@spatiallock/cli/command';

export interface Known {
  /** Flags of the commands of `spatiallock`. */
  readonly commands: Readonly<Record<string, ArgsDef>>;
  /** npm's scripts by workspace; those of the root under ''. */
  readonly scripts: Readonly<Record<string, readonly string[]>>;
  /** Names of packages of this repository. */
  readonly packages: readonly string[];
  /** Whether the repository has a file or folder. */
  readonly exists: (path: string) => boolean;
}

/** What is wrong with a command, one line each; nothing for programs that are none of ours. */
export function commandFaults(words: readonly string[], known: Known): string[] {
  const [program = '', ...rest] = words;
  if (program === 'spatiallock') return spatiallockFaults(rest, known);
  if (program === 'npm') return npmFaults(rest, known);
  if (program === 'npx') return npxFaults(rest, known);
  if (program === 'node') return nodeFaults(rest, known);
  return [];
}

function spatiallockFaults([name, ...words]: readonly string[], { commands }: Known): string[] {
  if (name === undefined || ['help', '--help', '--version'].includes(name)) return [];
  // Prose speaks of commands in general: `spatiallock COMMAND --help`.
  if (name === 'COMMAND') return [];
  const args = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (args === undefined) return [`spatiallock ${name}: there is no such command`];
  // A plugin of somebody else brings flags that are not known here.
  if (words.includes('--plugin')) return [];
  try {
    readFlags(
      words.filter((word) => word !== '--help'),
      args,
      `spatiallock ${name}`,
    );
    return [];
  } catch (error) {
    return [`spatiallock ${name}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

function npmFaults([name = '', ...rest]: readonly string[], { scripts, packages }: Known): string[] {
  if (name === 'run' || name === 'test' || name === 'start') {
    const script = name === 'run' ? (rest[0] ?? '') : name;
    const workspace = valueAfter(rest, ['-w', '--workspace']) ?? '';
    const there = scripts[workspace] ?? [];
    const where = workspace === '' ? '' : ` -w ${workspace}`;
    return there.includes(script) ? [] : [`npm run ${script}${where}: there is no such script`];
  }
  if (name !== 'install' && name !== 'i') return [];
  return rest
    .filter((word) => word.startsWith('@spatiallock/') && !packages.includes(word))
    .map((word) => `npm install ${word}: there is no such package`);
}

function npxFaults(words: readonly string[], known: Known): string[] {
  const at = words.indexOf('spatiallock');
  if (at >= 0) return spatiallockFaults(words.slice(at + 1), known);
  return ['vitest', 'tsx'].includes(words[0] ?? '') ? missing(words.slice(1), known) : [];
}

function nodeFaults(words: readonly string[], known: Known): string[] {
  const at = words.indexOf('packages/cli/dist/main.js');
  return at >= 0 ? spatiallockFaults(words.slice(at + 1), known) : missing(words, known);
}

/** Paths into the repository that do not exist; a lone name is the reader's own file. */
function missing(words: readonly string[], { exists }: Known): string[] {
  return words
    .filter((word) => /^[\w.-]+\//.test(word) && !/[*{]|^dist\//.test(word) && !exists(word))
    .map((word) => `${word}: the repository does not have it`);
}

function valueAfter(words: readonly string[], flags: readonly string[]): string | undefined {
  const at = words.findIndex((word) => flags.includes(word));
  return at < 0 ? undefined : words[at + 1];
}
