// The commands: names and help from citty, the words behind them read strictly.

import { didYouMean, showValue } from '@spatiallock/core/checks';
import { type ArgsDef, type CommandDef, defineCommand } from 'citty';
import packageJson from '../package.json' with { type: 'json' };
import { InputError } from './errors.js';
import { exitCodeOf } from './exitCode.js';
import { help, isHelp } from './help.js';
import { type Io, say } from './io.js';
import { knownPlugins } from './plugins/known.js';
import { type SettingUse, withSettings } from './plugins/settings.js';
import type { Services } from './services.js';

interface Command {
  readonly description: string;
  /** Lines that a shell runs as they are. */
  readonly examples: readonly string[];
  /** Which settings of plugins are flags of it. */
  readonly offers?: readonly SettingUse[];
  /** Imports what it does and its flags, so that no command waits for the packages of another. */
  load(): Promise<Loaded>;
}

interface Loaded {
  readonly args: ArgsDef;
  run(words: readonly string[], io: Io, services: Services): Promise<void>;
}

const commands: Readonly<Record<string, Command>> = {
  generate: {
    description: 'Paint pictures in which every named object stands in its box.',
    examples: [
      'spatiallock generate --prompt "a dog on a beach" --object "a dog@0.1,0.3,0.6,0.9" -o dog.png',
      'spatiallock generate --layout layouts.jsonl --count 3 --out set.png --verify --retry 5',
      'cat layout.json | spatiallock generate --layout - --json > records.jsonl',
    ],
    offers: ['call'],
    load: () =>
      import('./generate.js').then(({ generate, generateArgs }) => ({ run: generate, args: generateArgs })),
  },
  evaluate: {
    description: 'Measure on held-out layouts whether objects stand in their boxes.',
    examples: [
      'spatiallock evaluate --count 200 --seed 1 --json report.json --html report.html',
      'spatiallock evaluate --count 50 --scenes wide --json - --quiet',
    ],
    offers: ['call', 'ablation'],
    load: () =>
      import('./evaluate.js').then(({ evaluate, evaluateArgs }) => ({ run: evaluate, args: evaluateArgs })),
  },
  bench: {
    description:
      "Score pictures on a benchmark's layouts by the rules of COCO-MIG, 7Bench, C-Bench, O-Bench and OverLayBench.",
    examples: [
      'spatiallock bench --layouts c_bench.csv --count 100 --json scores.json',
      'spatiallock bench --layouts mig_bench_anno.yaml --images pictures --detector nanodet --detector-files nanodet',
    ],
    offers: ['call'],
    load: () => import('./bench/bench.js').then(({ bench, benchArgs }) => ({ run: bench, args: benchArgs })),
  },
  dataset: {
    description:
      'Paint labelled pictures for detectors, judge them, and write them as COCO, YOLO, VOC or WebDataset.',
    examples: [
      'spatiallock dataset --spec classes.json --out set --format coco,yolo --verify builtin --retry 3',
      'spatiallock dataset --layouts layouts.jsonl --out set --splits train=0.8,val=0.2 --count 4',
    ],
    offers: ['call'],
    load: () =>
      import('./dataset/dataset.js').then(({ dataset, datasetArgs }) => ({
        run: dataset,
        args: datasetArgs,
      })),
  },
  worker: {
    description: 'Paint batches of data sets that `dataset --queue` puts on a Redis.',
    examples: [
      'spatiallock worker --queue redis://localhost:6379',
      'spatiallock dataset --spec classes.json --out set --queue redis://localhost:6379',
    ],
    load: () =>
      import('./dataset/worker.js').then(({ worker, workerArgs }) => ({ run: worker, args: workerArgs })),
  },
  train: {
    description: 'Fine-tune a model on your own boxes, in COCO format.',
    examples: [
      'spatiallock train --data coco.json --images photos --out my-model --steps 1000',
      'spatiallock generate --model my-model --object "a dog@0.1,0.3,0.6,0.9"',
    ],
    offers: ['training'],
    load: () => import('./train.js').then(({ train, trainArgs }) => ({ run: train, args: trainArgs })),
  },
  card: {
    description: 'Write a model card from a model directory and the JSON reports of evaluate and bench.',
    examples: [
      'spatiallock card my-model report.json scores.json --license openrail --out my-model/README.md',
      'spatiallock card report.json',
    ],
    load: () => import('./card/card.js').then(({ card, cardArgs }) => ({ run: card, args: cardArgs })),
  },
  inspect: {
    description: 'Tell what a model file or folder is, what it can do here, and what it weighs.',
    examples: [
      'spatiallock inspect v1-5-pruned.safetensors',
      'spatiallock inspect stable-diffusion-v1-5/stable-diffusion-v1-5 --json',
    ],
    load: () =>
      import('./inspect.js').then(({ inspect, inspectArgs }) => ({ run: inspect, args: inspectArgs })),
  },
  convert: {
    description: "Write a model directory in diffusers' layout from a file, a folder or an id of the hub.",
    examples: [
      'spatiallock convert v1-5-pruned.safetensors my-model --dtype float16',
      'spatiallock convert v1-5.safetensors my-model --vae vae.safetensors --license openrail',
    ],
    load: () =>
      import('./convert.js').then(({ convert, convertArgs }) => ({ run: convert, args: convertArgs })),
  },
  export: {
    description: "Write a model's networks as ONNX files that read their numbers from its safetensors.",
    examples: ['spatiallock export my-model my-onnx --batch 1'],
    load: () =>
      import('./export.js').then(({ exportCommand, exportArgs }) => ({
        run: exportCommand,
        args: exportArgs,
      })),
  },
};

/**
 * The flags of each command, by its name: for completions, and for checks of what documentation shows. Flags of the embedded
 * model's plugins are among them; `cwd` is the folder whose packages may be named.
 */
export async function commandArgs(cwd: string): Promise<Readonly<Record<string, ArgsDef>>> {
  const named = Object.entries(commands).map(
    async ([name, command]) => [name, await argsOf(command, cwd)] as const,
  );
  return Object.fromEntries(await Promise.all(named));
}

async function argsOf({ load, offers }: Command, cwd: string): Promise<ArgsDef> {
  const { args } = await load();
  return offers ? withSettings(args, await knownPlugins([], cwd), offers) : args;
}

const main = defineCommand({
  meta: {
    name: 'spatiallock',
    version: packageJson.version,
    description: 'Draw boxes, name what goes in them, get a picture with every object exactly there.',
  },
  subCommands: Object.fromEntries(
    Object.entries(commands).map(
      ([name, { description }]) => [name, { meta: { name, description } }] as const,
    ),
  ),
});

/** Runs the words after `spatiallock`; prints at most one line of error and gives the exit code. */
export function run(words: readonly string[], io: Io, services: Services): Promise<number> {
  return exitCodeOf(() => dispatch(words, io, services), io);
}

async function dispatch([name, ...rest]: readonly string[], io: Io, services: Services): Promise<void> {
  if (name === undefined || isHelp(name)) return help(main, undefined, io, allExamples);
  if (name === '--version' || name === '-v') return say(io, packageJson.version);
  if (name === 'help') return helpFor(rest, io);
  const command = commandNamed(name);
  if (rest.some(isHelp)) return helpFor([name], io);
  const { run: runCommand } = await command.load();
  return runCommand(rest, io, {
    ...services,
    openDetector: (detector, request, signal = io.signal) => services.openDetector(detector, request, signal),
  });
}

/** One line of each command. */
const allExamples = Object.values(commands).flatMap(({ examples }) => examples.slice(0, 1));

async function helpFor([name, ...more]: readonly string[], io: Io): Promise<void> {
  if (name === undefined) return help(main, undefined, io, allExamples);
  if (more.length > 0) throw new InputError(`help: takes one command, not ${[name, ...more].join(' ')}`);
  const command = commandNamed(name);
  const { description, examples } = command;
  const args = await argsOf(command, io.cwd);
  return help({ meta: { name, description }, args }, main as CommandDef, io, examples);
}

function commandNamed(name: string): Command {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command !== undefined) return command;
  if (name.startsWith('-')) {
    throw new InputError(`${name}: stands before the command; write spatiallock COMMAND ${name}`);
  }
  const known = Object.keys(commands);
  throw new InputError(
    `${showValue(name)}: is no command${didYouMean(name, known)}; use ${known.join(', ')}, see spatiallock --help`,
  );
}
