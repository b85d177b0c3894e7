// `spatiallock generate`: a layout to pictures, each with a record of how it was made.

import { basename } from 'node:path';
import type { Layout } from '@spatiallock/core';
import type { Judge } from '@spatiallock/detectors';
import { type ExampleLayout, exampleLayouts } from '@spatiallock/model-emoji';
import type { ArgsDef } from 'citty';
import { reading, UnverifiedError } from './errors.js';
import { besidePath, numberedPath, outputPath, requireFileName, writeFiles } from './files.js';
import { type Flags, readFlags, text, wholeNumber } from './flags.js';
import { type Io, say } from './io.js';
import { layoutArgs, readLayout } from './objects.js';
import { pogArgs, readPogStrength, settlePogStrength } from './pogGuidance.js';
import { progressBar } from './progress.js';
import { type JudgedPicture, type Making, type RecordedPicture, recordPictures, summary } from './record.js';
import {
  type ModelRequest,
  readModelRequest,
  readSamplingRequest,
  requireSeeds,
  type SamplingRequest,
  sharedArgs,
} from './request.js';
import { type SampledPicture, samplePictures } from './sample.js';
import type { Generator, Services } from './services.js';
import {
  lookAt,
  readVerifyRequest,
  requireVerifiable,
  type VerifyRequest,
  verdictLines,
  verifyArgs,
  verifyPictures,
} from './verify.js';

export const generateArgs = {
  ...layoutArgs,
  out: {
    type: 'string',
    valueHint: 'picture.png',
    description: 'where the picture goes; a .json stands beside it',
  },
  count: {
    type: 'string',
    valueHint: '1',
    description: 'pictures, 1..1000, with seeds from --seed on: picture-1.png ...',
  },
  boxes: {
    type: 'boolean',
    description: 'draw the boxes and phrases over the picture, enlarged until legible',
  },
  ...verifyArgs,
  ...pogArgs,
  ...sharedArgs,
} as const satisfies ArgsDef;

/** Pictures that are sampled at once. */
const BATCH = 8;
const MAX_COUNT = 1000;

interface GenerateRequest {
  readonly layout: Layout;
  /** Set when no layout was given. */
  readonly example?: ExampleLayout;
  readonly model: ModelRequest;
  readonly sampling: SamplingRequest;
  /** Absolute path of the picture, or what numbered ones are named after. */
  readonly out: string;
  readonly count: number;
  readonly boxes: boolean;
  readonly verify?: VerifyRequest;
}

export async function generate(words: readonly string[], io: Io, services: Services): Promise<void> {
  const read = await readGenerateRequest(readFlags(words, generateArgs, 'spatiallock generate'), io.cwd);
  const request = { ...read, model: { ...read.model, pog: settlePogStrength(read.model, [read.layout]) } };
  if (request.example) announceExample(request.example, request, io);
  const { model, sampling, layout, count, verify } = request;
  const bar = progressBar(io, count, 'loading');
  try {
    const { signal } = io;
    const judged = verify !== undefined;
    const { pipe, judge, close } = await reading(() => services.open(model, { judged, signal }));
    try {
      await reading(() => pipe.check(layout));
      if (verify) requireVerifiable(layout, judge);
      const layouts = new Array<Layout>(count).fill(layout);
      const onProgress = (done: number) => bar.update(done, 'painting');
      const warnings = new Set<string>();
      const onWarning = (warning: string) => {
        if (!warnings.has(warning)) say(io, `warning: ${warning}`);
        warnings.add(warning);
      };
      const options = { ...sampling, batch: BATCH, signal, onWarning };
      const firsts = await samplePictures(pipe, layouts, { ...options, onProgress });
      const paint = async (first: SampledPicture, seed: number) => {
        bar.update(count, `painting seed ${seed}`);
        return (await samplePictures(pipe, [first.layout], { ...options, seed }))[0];
      };
      const pictures = await judgePictures(firsts, judge, verify, paint);
      const records = await recordPictures(pictures, {
        ...request,
        made: makingOf(pipe, request),
        warnings: [...warnings],
      });
      signal.throwIfAborted();
      await writeFiles(records.flatMap(({ files }) => files));
      bar.stop();
      records.forEach(({ files, record }, i) => {
        const { verified } = pictures[i];
        say(io, `${files[0].path}${summary(record)}`);
        if (verify && verified) for (const line of verdictLines(verified, verify.minIou)) say(io, line);
      });
      if (verify) requirePassed(records, verify);
    } finally {
      await close();
    }
  } finally {
    bar.stop();
  }
}

/** The files are written; the code of the command tells that they fall short. */
function requirePassed(records: readonly RecordedPicture[], { minIou }: VerifyRequest): void {
  const missed = records.filter(({ record }) => record.verification?.passed === false).length;
  if (missed === 0) return;
  const which = records.length === 1 ? 'the picture' : `${missed} of ${records.length} pictures`;
  throw new UnverifiedError(`--min-iou: not every object reaches ${minIou} in ${which}`);
}

async function readGenerateRequest(flags: Flags, cwd: string): Promise<GenerateRequest> {
  const given = await readLayout(flags, cwd);
  const [example] = exampleLayouts;
  const sampling = readSamplingRequest(flags, example.seed);
  const model = { ...(await readModelRequest(flags, cwd)), pog: readPogStrength(flags) };
  const count = wholeNumber(flags, 'count', { min: 1, max: MAX_COUNT }) ?? 1;
  requireSeeds(sampling.seed, count);
  const verify = readVerifyRequest(flags, sampling.seed, count);
  const out = await outputPath(cwd, text(flags, 'out') ?? 'picture.png', '--out', ['.png']);
  for (let i = 0; i < count; i++) {
    const png = numberedPath(out, i, count);
    for (const path of [png, besidePath(png, '.json')]) await requireFileName(path, '--out');
  }
  const common = { model, sampling, out, count, boxes: flags.has('boxes'), verify };
  const { prompt, objects } = example;
  return given ? { layout: given, ...common } : { layout: { prompt, objects }, example, ...common };
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

async function judgePictures(
  firsts: readonly SampledPicture[],
  judge: Judge | undefined,
  verify: VerifyRequest | undefined,
  paint: (first: SampledPicture, seed: number) => Promise<SampledPicture>,
): Promise<JudgedPicture[]> {
  if (verify && judge) {
    const verified = await verifyPictures(firsts, judge, verify, paint);
    return verified.map((each) => ({ picture: each.picture, objects: each.objects, verified: each }));
  }
  const objects = await lookAt(firsts, judge);
  return firsts.map((picture, i) => ({ picture, objects: objects[i] }));
}

function makingOf(pipe: Generator, { model, sampling }: GenerateRequest): Making {
  return {
    ...settledSampling(pipe, sampling),
    strength: model.strength ?? 1,
    pog: model.pog ?? 0,
    model: pipe.name,
    device: pipe.device,
  };
}

/** What the request says, over what the pipeline does by itself; the scheduler by its short name. */
export function settledSampling({ defaults }: Generator, request: SamplingRequest) {
  const { scheduler, steps, guidanceScale } = request;
  const late = request.lateGuidance ?? defaults.lateGuidance;
  const rescale = request.guidanceRescale ?? defaults.guidanceRescale;
  const generator = request.generator ?? defaults.generator;
  return {
    scheduler: scheduler ?? defaults.scheduler,
    steps: steps ?? defaults.steps,
    guidanceScale: guidanceScale ?? defaults.guidanceScale,
    ...(late ? { lateGuidance: late } : {}),
    ...(rescale ? { guidanceRescale: rescale } : {}),
    ...(generator ? { generator } : {}),
  };
}
