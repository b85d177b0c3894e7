// What --help prints.

import { stripVTControlCharacters } from 'node:util';
import { type CommandDef, renderUsage } from 'citty';
import { type Io, say } from './io.js';

export const isHelp = (word: string): boolean => word === '--help' || word === '-h';

/** Prints how a command is used, in colours where it is read on a terminal. */
export async function help(definition: CommandDef, parent: CommandDef | undefined, io: Io): Promise<void> {
  const usage = await renderUsage(definition, parent);
  const coloured = 'isTTY' in io.stdout && io.stdout.isTTY === true;
  say(io, coloured ? usage : stripVTControlCharacters(usage));
}
