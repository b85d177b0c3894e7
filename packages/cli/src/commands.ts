// The commands: names and help from citty, the words behind them read strictly.

import { showValue } from '@spatiallock/core';
import { type CommandDef, defineCommand } from 'citty';
import packageJson from '../package.json' with { type: 'json' };
import { InputError } from './errors.js';
import { evaluate, evaluateArgs } from './evaluate.js';
import { exitCodeOf } from './exitCode.js';
import { generate, generateArgs } from './generate.js';
import { help, isHelp } from './help.js';
import { type Io, say } from './io.js';
import type { Services } from './services.js';
import { train, trainArgs } from './train.js';

interface Command {
  readonly definition: CommandDef;
  run(words: readonly string[], io: Io, services: Services): Promise<void>;
}

const commands: Readonly<Record<string, Command>> = {
  generate: {
    definition: defineCommand({
      meta: {
        name: 'generate',
        description: 'Paint pictures in which every named object stands in its box.',
      },
      args: generateArgs,
    }) as CommandDef,
    run: generate,
  },
  evaluate: {
    definition: defineCommand({
      meta: {
        name: 'evaluate',
        description: 'Measure on held-out layouts whether objects stand in their boxes.',
      },
      args: evaluateArgs,
    }) as CommandDef,
    run: evaluate,
  },
  train: {
    definition: defineCommand({
      meta: {
        name: 'train',
        description: 'Fine-tune a model on your own boxes, in COCO format.',
      },
      args: trainArgs,
    }) as CommandDef,
    run: train,
  },
};

const main = defineCommand({
  meta: {
    name: 'spatiallock',
    version: packageJson.version,
    description: 'Draw boxes, name what goes in them, get a picture with every object exactly there.',
  },
  subCommands: Object.fromEntries(
    Object.entries(commands).map(([name, { definition }]) => [name, definition] as const),
  ),
});

/** Runs the words after `spatiallock`; prints at most one line of error and gives the exit code. */
export function run(words: readonly string[], io: Io, services: Services): Promise<number> {
  return exitCodeOf(() => dispatch(words, io, services), io);
}

async function dispatch([name, ...rest]: readonly string[], io: Io, services: Services): Promise<void> {
  if (name === undefined || isHelp(name)) return help(main, undefined, io);
  if (name === '--version') return say(io, packageJson.version);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    const known = Object.keys(commands).join(', ');
    throw new InputError(`${showValue(name)}: is no command; use ${known}, see spatiallock --help`);
  }
  if (rest.some(isHelp)) return help(command.definition, main as CommandDef, io);
  return command.run(rest, io, services);
}
