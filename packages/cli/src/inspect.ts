// `spatiallock inspect`: what a file or folder is, and what it can do here.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { hubFileOf, type Inspection, inspectModel, isHubId } from '@spatiallock/node';
import type { ArgsDef } from 'citty';
import { InputError, reading } from './errors.js';
import { type Flags, readFlags, text } from './flags.js';
import type { Io } from './io.js';
import { modelArgs } from './modelFlags.js';
import { moduleText } from './plugins/moduleText.js';
import { loadingListeners, progressBar } from './progress.js';

export const inspectArgs = {
  what: {
    type: 'positional',
    required: true,
    valueHint: 'path|owner/name[/file]',
    description: 'a file, a folder, or an id of the hub, which is downloaded where it is not in the cache',
  },
  revision: modelArgs.revision,
  variant: modelArgs.variant,
  json: { type: 'boolean', description: 'print it as JSON, for scripts' },
  quiet: { type: 'boolean', description: 'show no progress' },
} as const satisfies ArgsDef;

export async function inspect(words: readonly string[], given: Io): Promise<void> {
  const flags = readFlags(words, inspectArgs, 'spatiallock inspect');
  const io: Io = { ...given, quiet: flags.has('quiet') };
  const what = onePlace(flags, io.cwd);
  const [revision, variant] = [text(flags, 'revision'), text(flags, 'variant')];
  const listeners = loadingListeners(io, progressBar({ ...io, progress: undefined }, 1, ''));
  const found = await reading(() =>
    inspectModel(what, { revision, variant, signal: io.signal, ...listeners }),
  );
  if (flags.has('json')) io.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  else for (const line of inspectionLines(found)) io.stdout.write(`${line}\n`);
}

/** The only word of a command that takes a path or an id. */
function onePlace(flags: Flags, cwd: string): string {
  const [first, ...more] = flags.get('what') ?? [];
  if (first === undefined || first === '')
    throw new InputError('inspect: give a file, a folder or an id of the hub');
  if (more.length > 0) throw new InputError(`inspect: takes one file or folder, not ${more.length + 1}`);
  return placeOrId(first, cwd);
}

/** An absolute path, or the id of the hub where there is no such file. */
export function placeOrId(given: string, cwd: string): string {
  const path = resolve(cwd, given);
  return (isHubId(given) || hubFileOf(given)) && !existsSync(path) ? given : path;
}

const GIGA = 2 ** 30;
const gib = (bytes: number): string => `${(bytes / GIGA).toFixed(2)} GiB`;
const millions = (count: number): string => (count < 1e6 ? String(count) : `${(count / 1e6).toFixed(1)} M`);

function inspectionLines({
  path,
  title,
  refusal,
  declaration,
  categories,
  uses,
  parts,
  parameters,
  memory,
}: Inspection): string[] {
  const width = Math.max(0, ...parts.map(({ name }) => name.length));
  return [
    path,
    `  ${title}`,
    ...(refusal === undefined ? [] : [`  cannot be used: ${refusal}`]),
    ...uses.map((use) => `  ${use}`),
    ...(declaration === undefined ? [] : declarationLines(declaration)),
    ...(categories === undefined ? [] : [`  trained on: ${namesOf(categories)}`]),
    ...parts.map(
      ({ name, className, parameters: count, dtypes, bytes }) =>
        `  ${name.padEnd(width)}  ${millions(count)} parameters, ${dtypes.join(', ')}, ${gib(bytes)} on disk${className ? ` (${className})` : ''}`,
    ),
    ...(parts.length > 1 ? [`  ${'in all'.padEnd(width)}  ${millions(parameters)} parameters`] : []),
    ...memory.map(({ device, precision, bytes }) => `  ${device}: ${gib(bytes)} of weights in ${precision}`),
  ];
}

const SHOWN = 10;

/** The names of the first categories, and how many more there are. */
function namesOf(categories: NonNullable<Inspection['categories']>): string {
  const more = categories.length - SHOWN;
  const names = categories.slice(0, SHOWN).map(({ name }) => name);
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** A line for each thing that a spatiallock.json declares. */
function declarationLines({
  plugins,
  detectors: { guides, judges },
  vocabulary,
  license,
}: NonNullable<Inspection['declaration']>): string[] {
  return [
    ...plugins.map((plugin) => `  plugin: ${moduleText(plugin)}`),
    ...(guides === undefined ? [] : [`  guided by the detector ${moduleText(guides)}`]),
    ...(judges === undefined ? [] : [`  evaluated by the detector ${moduleText(judges)}`]),
    ...(vocabulary === undefined ? [] : [`  vocabulary: ${vocabulary}`]),
    ...(license === undefined ? [] : [`  licence: ${license}`]),
  ];
}
