// `spatiallock card`: a model card from a model directory and the reports of its runs.

import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseJson, readComponentConfig, readModelIndex, readSafetensorsHead } from '@spatiallock/core/io';
import { latentSides, parseUNet2dConditionConfig } from '@spatiallock/core/models';
import { readModelSettings } from '@spatiallock/core/modules';
import { autoencoderNames, latentAutoencoder, readWords } from '@spatiallock/core/pipeline';
import { directory, inspectModel, isDirectory, modelNeeds, openFile, readTextFile } from '@spatiallock/node';
import { TRAINING_FOLDER } from '@spatiallock/training';
import type { ArgsDef } from 'citty';
import { InputError, reading } from '../errors.js';
import { outputPath, writeFiles } from '../files.js';
import { type Flags, readFlags, text } from '../flags.js';
import { type Io, note, say } from '../io.js';
import { modelHash } from '../modelHash.js';
import { type Card, cardMarkdown } from './markdown.js';
import { type Measurement, readReport, trainingOf } from './reports.js';

export const cardArgs = {
  paths: {
    type: 'positional',
    required: true,
    valueHint: 'model report.json ...',
    description:
      'a model directory or the folder of a training, and JSON reports of evaluate and bench; or reports alone',
  },
  out: {
    type: 'string',
    alias: 'o',
    valueHint: 'README.md',
    description: "where the card goes, such as the model's README.md; default: it is printed",
  },
  name: {
    type: 'string',
    valueHint: 'name',
    description: "what the model is called; default: the model's own name",
  },
  license: { type: 'string', valueHint: 'name', description: 'the licence; default: what the model says' },
  base: {
    type: 'string',
    valueHint: 'owner/name',
    description: 'what it was made from; default: what its files say',
  },
} as const satisfies ArgsDef;

export async function card(words: readonly string[], io: Io): Promise<void> {
  const flags = readFlags(words, cardArgs, 'spatiallock card');
  const [first, ...more] = flags.get('paths') ?? [];
  if (!first) throw new InputError('card: give a model directory, or a JSON report of evaluate or bench');
  const isModel = await isDirectory(resolve(io.cwd, first));
  const reports = isModel ? more : [first, ...more];
  const out = text(flags, 'out');
  const path = out === undefined ? undefined : await outputPath(io.cwd, out, '--out', ['.md']);
  const facts = isModel ? await factsOf(resolve(io.cwd, first), first) : undefined;
  const hash = isModel ? await modelHash([resolve(io.cwd, first)]) : undefined;
  const measured: Measurement[] = [...(facts?.measurements ?? [])];
  for (const report of reports) {
    const read = await readFile(io.cwd, report);
    if (isModel) requireModelAlone(read, report);
    const other = read.find((each) => each.modelHash !== undefined && each.modelHash !== hash);
    if (hash !== undefined && other !== undefined)
      note(
        io,
        `card: ${report} is of other weights (${other.modelHash}) than ${first} (${hash}); measure it again, unless they were converted alone`,
      );
    const fresh = read.filter((each) => !measured.some((known) => isDeepStrictEqual(known, each)));
    if (fresh.length === 0) {
      note(io, `card: ${report} says what another report says already; it is listed once`);
    }
    measured.push(...fresh);
  }
  const made = cardOf(flags, facts, measured);
  if (made.license === undefined) note(io, 'card: nothing tells the licence; name it by --license');
  const content = cardMarkdown(made);
  if (path === undefined) io.stdout.write(content);
  else {
    await writeFiles([{ path, content }]);
    say(io, path);
  }
}

/** Figures of what was laid over a model are none of the model. */
function requireModelAlone(measured: readonly Measurement[], report: string): void {
  const over = measured[0]?.over ?? [];
  if (over.length === 0) return;
  throw new InputError(
    `card: ${report} is of the model with ${over.join(' and ')} over it, and no report of the model alone; leave the report out, or give reports alone`,
  );
}

async function readFile(cwd: string, given: string): Promise<Measurement[]> {
  const path = resolve(cwd, given);
  return reading(async () => readReport(parseJson(await readTextFile(path), given), given), 'card: ');
}

/** Puts flags over what the files say. Throws an InputError where a report is of another model. */
function cardOf(flags: Flags, facts: Card | undefined, measurements: readonly Measurement[]): Card {
  const names = [...new Set(measurements.flatMap(({ model }) => model ?? []))];
  const name = text(flags, 'name') ?? facts?.name ?? names[0] ?? 'model';
  const other = names.find((each) => each !== (text(flags, 'name') ?? facts?.name ?? each));
  if (other !== undefined || (facts === undefined && names.length > 1)) {
    throw new InputError(
      `card: a report is of the model ${other ?? names[1]}, the card of ${name}; give reports of this model, or --name ${other ?? names[1]} where it was renamed`,
    );
  }
  const [license, base] = [text(flags, 'license') ?? facts?.license, text(flags, 'base') ?? facts?.base];
  return {
    ...(facts ?? { model: name, detectors: {} }),
    name,
    ...(license === undefined ? {} : { license }),
    ...(base === undefined ? {} : { base }),
    measurements,
  };
}

/** What a model directory says of itself, and what its training measured. */
async function factsOf(folder: string, given: string): Promise<Card> {
  const files = directory(folder);
  if (!(await openFile(join(folder, 'model_index.json')))) {
    throw new InputError(`card: ${given} holds no model_index.json; give a model directory`);
  }
  const inspection = await reading(() => inspectModel(folder), 'card: ');
  const needs = await reading(() => modelNeeds(files), `card: ${given}: `);
  const settings = await reading(() => readModelSettings(files), `card: ${given}: `);
  const words = await reading(() => readWords(files, needs.vocabulary), `card: ${given}: `);
  const metadata = await metadataOf(folder);
  const { guides, judges } = needs.detectors;
  const [license, base] = [needs.license ?? metadata.license, metadata.base];
  const training = await trainingIn(folder);
  const name = typeof settings?.name === 'string' ? settings.name : (folder.split(/[/\\]/).at(-1) ?? given);
  return {
    name,
    title: inspection.title,
    model: given,
    parameters: inspection.parameters,
    plugins: needs.plugins.map(({ module }) => module),
    detectors: {
      ...(guides ? { guides: guides.module } : {}),
      ...(judges ? { judges: judges.module } : {}),
    },
    ...(words === undefined ? {} : { words: words.length }),
    ...(license === undefined ? {} : { license }),
    ...(base === undefined ? {} : { base }),
    ...(await sizeOf(files)),
    ...(training ? { training: training.lines } : {}),
    measurements: training?.measured ? [training.measured] : [],
  };
}

/** What `convert` wrote into the head of the U-Net's file. */
async function metadataOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const file = await openFile(join(folder, 'unet', 'diffusion_pytorch_model.safetensors'));
  return file ? readSafetensorsHead(file).metadata : {};
}

async function trainingIn(folder: string): Promise<ReturnType<typeof trainingOf> | undefined> {
  const path = join(folder, TRAINING_FOLDER, 'report.json');
  if (!(await openFile(path))) return undefined;
  return reading(async () => trainingOf(parseJson(await readTextFile(path), path), path), 'card: ');
}

/** Pixels of a picture. */
async function sizeOf(files: ReturnType<typeof directory>): Promise<Pick<Card, 'size'>> {
  const [height, width] = latentSides(parseUNet2dConditionConfig(await readComponentConfig(files, 'unet')));
  const index = await readModelIndex(files);
  const vae = index.components.vae?.className;
  if (vae === undefined || !autoencoderNames.includes(vae)) return {};
  const { factor } = latentAutoencoder(vae, await readComponentConfig(files, 'vae'));
  return { size: { width: width * factor, height: height * factor } };
}
