// `spatiallock generate`: layouts to pictures, each with a record of how it was made.

import { basename, resolve } from 'node:path';
import type { Layout } from '@spatiallock/core';
import { type ExampleLayout, exampleLayouts, modelDirectory } from '@spatiallock/model-emoji';
import type { ArgsDef } from 'citty';
import { boxedPhrases, captionBoxArgs, withCaptionBoxes } from './captionBoxes.js';
import { detectorArgs, readDetector } from './detectors.js';
import { InputError, reading } from './errors.js';
import { namingFlags, readingFields } from './fieldFlags.js';
import { besidePath, numberedPath, outputPath, removeLeftovers, requireFileName } from './files.js';
import { type Flags, readFlags, text, wholeNumber } from './flags.js';
import { type Io, say } from './io.js';
import { modelHash } from './modelHash.js';
import { type ModelRecord, modelRecord } from './modelRecord.js';
import { layoutArgs, readLayouts } from './objects.js';
import { paintPictures } from './paint.js';
import { pictureExtensions } from './picture.js';
import { pictureArgs, readSource, type SourceRecord, type SourceRequest, withSize } from './pictureFlags.js';
import { type PlannedPicture, planPictures } from './plan.js';
import { type KnownPlugins, knownPlugins, layoutFieldsOf } from './plugins/known.js';
import { moduleText } from './plugins/moduleText.js';
import { recordedSettings, withSettings } from './plugins/settings.js';
import { settlePlugins } from './plugins/settle.js';
import { loadingListeners, progressBar } from './progress.js';
import { type PromptRequest, promptArgs, readPromptRequest } from './promptFlags.js';
import { type GenerationMetadata, type GenerationSettings, summary } from './record.js';
import {
  type ModelRequest,
  readModelRequest,
  readSamplingRequest,
  requireGuidance,
  requireSeeds,
  type SamplingRequest,
  sharedArgs,
} from './request.js';
import type { DetectorRequest, Generator, OpenModel, Services } from './services.js';
import {
  readVerifyRequest,
  requirePassed,
  requireVerifiable,
  type VerifyRequest,
  verdictLines,
  verifyArgs,
} from './verify.js';
import { warningNotes } from './warnings.js';

export const generateArgs = {
  ...layoutArgs,
  ...captionBoxArgs,
  ...pictureArgs,
  ...promptArgs,
  out: {
    type: 'string',
    alias: 'o',
    valueHint: 'picture.png',
    description: 'where the picture goes, .png, .jpg or .webp; a .json stands beside it',
  },
  count: {
    type: 'string',
    valueHint: '1',
    description: 'pictures of each layout, 1..1000, with seeds from --seed on: picture-1.png ...',
  },
  overwrite: {
    type: 'boolean',
    description: 'paint all of several pictures anew, also those that are there already',
  },
  boxes: {
    type: 'boolean',
    description: 'draw the boxes and phrases over the picture, enlarged until legible',
  },
  json: { type: 'boolean', description: "print each picture's record on one line instead, for scripts" },
  quiet: { type: 'boolean', description: 'print nothing but errors, and what --json asks for' },
  ...verifyArgs,
  ...detectorArgs,
  ...sharedArgs,
} as const satisfies ArgsDef;

const MAX_COUNT = 1000;
const MAX_PICTURES = 10_000;

interface GenerateRequest {
  /** One for each picture. */
  readonly layouts: readonly Layout[];
  /** Set when no layout was given. */
  readonly example?: ExampleLayout;
  /** What got a box of the command's own, for people. */
  readonly boxed?: string;
  /** Of these boxes. */
  readonly captionWarnings: readonly string[];
  readonly model: ModelRequest;
  readonly sampling: SamplingRequest & SourceRequest;
  readonly prompts: PromptRequest;
  /** What is painted over, as records tell it. */
  readonly source: SourceRecord;
  /** Absolute path of the picture, or what numbered ones are named after. */
  readonly out: string;
  readonly boxes: boolean;
  readonly overwrite: boolean;
  readonly json: boolean;
  readonly verify?: VerifyRequest;
  readonly detector?: DetectorRequest;
}

export async function generate(words: readonly string[], given: Io, services: Services): Promise<void> {
  const known = await knownPlugins(words, given.cwd);
  const flags = readFlags(words, withSettings(generateArgs, known, ['call']), 'spatiallock generate');
  const request = await readGenerateRequest(flags, given, known);
  const { model, sampling, layouts, verify, example, boxed, detector } = request;
  const io: Io = { ...given, quiet: flags.has('quiet') };
  const people: Io = { ...io, quiet: io.quiet || request.json };
  if (example) announceExample(example, request, people);
  const bar = progressBar(io, layouts.length, 'loading');
  try {
    const { signal } = io;
    const chosen = { needsDetector: verify !== undefined, ...(detector ? { evaluator: detector } : {}) };
    const loading = { ...chosen, signal, ...loadingListeners(io, bar) };
    const open = await reading(() => services.open(model, loading));
    try {
      const { pipe, evaluator } = open;
      const different = [...new Set(layouts)];
      const checked = different.length === 1 ? different[0] : different;
      await readingFields(() => pipe.check(checked, request.prompts), flags);
      if (verify) for (const layout of different) requireVerifiable(layout, evaluator);
      const parts = await modelRecord(flags, given.cwd, model);
      const generation = await generationSettings(open, request, known, parts);
      const negative = ['negative', 'negative-object'].find((name) => flags.has(name));
      requireGuidance(sampling, generation.guidanceScale, negative);
      if (boxed) {
        bar.pause();
        say(people, `Boxes at random places: ${boxed} (--caption-alone paints without).`);
      }
      const { onWarning } = warningNotes(io, bar.pause);
      request.captionWarnings.forEach(onWarning);
      const plan = planPictures(layouts, { ...request, seed: sampling.seed, generation });
      const onPicture = (record: GenerationMetadata, planned: PlannedPicture, kept: boolean): void => {
        bar.pause();
        if (request.json) io.stdout.write(`${JSON.stringify({ path: planned.path, ...record })}\n`);
        for (const line of pictureLines(record, planned, kept)) say(people, line);
      };
      const painting = { ...request, signal, bar, onPicture, onWarning };
      const records = await namingFlags(() => paintPictures(open, plan, painting), flags);
      if (verify) requirePassed(records, verify);
    } finally {
      await open.close();
    }
  } finally {
    bar.stop();
  }
}

function pictureLines(record: GenerationMetadata, { path }: PlannedPicture, kept: boolean): string[] {
  const line = `${path}${summary(record)}${kept ? '  (was there already)' : ''}`;
  return record.verification === undefined || kept ? [line] : [line, ...verdictLines(record)];
}

async function readGenerateRequest(flags: Flags, io: Io, known: KnownPlugins): Promise<GenerateRequest> {
  const given = await readLayouts(flags, io, layoutFieldsOf(known));
  const [example] = exampleLayouts;
  const sampling = readSamplingRequest(flags, given?.seed ?? example.seed);
  const asked = await readModelRequest(flags, io.cwd, known);
  const count = wholeNumber(flags, 'count', { min: 1, max: MAX_COUNT }) ?? 1;
  const verify = await readVerifyRequest(flags, io.cwd);
  const { prompt, objects } = example;
  const different = withSize(given?.layouts ?? [{ prompt, objects }], flags);
  const prompts = readPromptRequest(flags);
  const over = await readSource(flags, io.cwd, different);
  const repeated = different.flatMap((layout) => new Array<Layout>(count).fill(layout));
  if (repeated.length > MAX_PICTURES) {
    throw new InputError(
      `--count: ${repeated.length} pictures are too many; at most ${MAX_PICTURES} at once`,
    );
  }
  const caption = { flags, seed: sampling.seed, known, model: asked, prompts };
  const { layouts, warnings } = await withCaptionBoxes(repeated, caption);
  const model = await settlePlugins(asked, known, layouts);
  requireSeeds(sampling.seed, layouts.length * (1 + (verify?.retry ?? 0)));
  const boxes = flags.has('boxes');
  if (boxes && layouts.every(({ objects }) => objects.length === 0)) {
    throw new InputError('--boxes: has no effect, for there is no object; leave it out');
  }
  const out = await outputPath(io.cwd, text(flags, 'out') ?? 'picture.png', '--out', pictureExtensions);
  const outputs = [...layouts.keys()].flatMap((i) => {
    const picture = numberedPath(out, i, layouts.length);
    return [picture, besidePath(picture, '.json')];
  });
  for (const path of outputs) await requireFileName(path, '--out');
  requireOtherFiles(flags, io.cwd, outputs, given?.recorded);
  await removeLeftovers(outputs);
  const [overwrite, json] = [flags.has('overwrite'), flags.has('json')];
  const detector = readDetector(flags, io.cwd);
  return {
    ...{ layouts, ...(given ? {} : { example }), model, source: over.record, out },
    ...{ boxed: boxedPhrases(layouts, flags), captionWarnings: warnings },
    sampling: { ...sampling, ...over.request, ...prompts },
    prompts,
    ...{ boxes, overwrite, json, verify },
    ...(detector ? { detector } : {}),
  };
}

/** Throws an InputError where an output would replace a file that the command reads; a record is read to paint its picture again. */
function requireOtherFiles(flags: Flags, cwd: string, outputs: readonly string[], isRecord = false): void {
  for (const name of ['layout', 'image', 'mask'] as const) {
    const file = text(flags, name);
    if (file === undefined || (name === 'layout' && isRecord)) continue;
    if (!outputs.includes(resolve(cwd, file))) continue;
    throw new InputError(`--out: ${basename(file)} would replace the file of --${name}; give another name`);
  }
}

function announceExample(example: ExampleLayout, { sampling, out }: GenerateRequest, io: Io): void {
  const objects = example.objects.map(({ phrase, box }) => `--object "${phrase}@${box.join(',')}"`);
  say(io, 'No layout was given: here is an example. In full:');
  const parts = [
    `--prompt "${example.prompt}"`,
    ...objects,
    `--seed ${sampling.seed} --out ${basename(out)}`,
  ];
  say(io, `  spatiallock generate ${parts.join(' \\\n    ')}`);
}

async function generationSettings(
  { pipe, places }: OpenModel,
  { model, sampling, prompts, source, layouts, boxes }: GenerateRequest,
  known: KnownPlugins,
  parts: ModelRecord,
): Promise<GenerationSettings> {
  return {
    ...settledSampling(pipe, sampling),
    settings: recordedSettings(known, model.settings ?? {}, ['call']),
    ...(model.plugins ? { plugins: model.plugins.map(moduleText) } : {}),
    ...prompts,
    ...source,
    model: pipe.name,
    modelHash: await modelHash(places ?? [model.model ?? modelDirectory]),
    ...parts,
    device: pipe.device,
    ...(model.precision === 'half' ? { precision: 'half' as const } : {}),
    count: layouts.length,
    ...(boxes ? { boxes } : {}),
  };
}

/** The request's settings over the pipeline's defaults; the scheduler by its short name. */
export function settledSampling({ defaults }: Generator, request: SamplingRequest) {
  const { scheduler, steps, guidanceScale, deepCache, details } = request;
  const guidanceInterval = request.guidanceInterval ?? defaults.guidanceInterval;
  const rescale = request.guidanceRescale ?? defaults.guidanceRescale;
  const generator = request.generator ?? defaults.generator;
  const below = details?.below ?? defaults.details?.below;
  return {
    scheduler: scheduler ?? defaults.scheduler,
    steps: steps ?? defaults.steps,
    guidanceScale: guidanceScale ?? defaults.guidanceScale,
    ...(guidanceInterval ? { guidanceInterval } : {}),
    ...(rescale ? { guidanceRescale: rescale } : {}),
    ...(generator ? { generator } : {}),
    ...(deepCache ? { deepCache } : {}),
    ...(below === undefined ? {} : { details: below }),
  };
}
