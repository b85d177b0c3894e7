// What --help prints.

import { stripVTControlCharacters, styleText } from 'node:util';
import { type CommandDef, renderUsage } from 'citty';
import { type Io, say } from './io.js';

/** Whether a word asks for help. */
export const isHelp = (word: string): boolean => word === '--help' || word === '-h';

/** Prints how a command is used, with examples below, in colours where it is read on a terminal. */
export async function help(
  definition: CommandDef,
  parent: CommandDef | undefined,
  io: Io,
  examples: readonly string[] = [],
): Promise<void> {
  const lines = examples.map((example) => `  ${example}`);
  const shown = lines.length > 0 ? ['', styleText(['bold', 'underline'], 'EXAMPLES'), '', ...lines] : [];
  const usage = [await renderUsage(definition, parent), ...shown].join('\n');
  const coloured = 'isTTY' in io.stdout && io.stdout.isTTY === true;
  say(io, coloured ? usage : stripVTControlCharacters(usage));
}
