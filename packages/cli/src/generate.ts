// `spatiallock generate`: a layout to pictures, each with a record of how it was made.

import { basename } from 'node:path';
import type { Layout } from '@spatiallock/core';
import { type ExampleLayout, exampleLayouts } from '@spatiallock/model-emoji';
import type { ArgsDef } from 'citty';
import { reading } from './errors.js';
import {
  besidePath,
  numberedPath,
  type OutputFile,
  outputPath,
  requireFileName,
  writeFiles,
} from './files.js';
import { type Flags, readFlags, text, wholeNumber } from './flags.js';
import { type Io, say } from './io.js';
import { type Judge, type JudgedObject, judgeObjects } from './judge.js';
import { labelOf } from './labels.js';
import { layoutArgs, readLayout } from './objects.js';
import { encodePng, encodePngWithBoxes } from './picture.js';
import { progressBar } from './progress.js';
import {
  type ModelRequest,
  readModelRequest,
  readSamplingRequest,
  type SamplingRequest,
  sharedArgs,
} from './request.js';
import { type SampledPicture, samplePictures } from './sample.js';
import type { Generator, Services } from './services.js';

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
}

/** What stands in the JSON file beside a picture. */
export interface PictureRecord {
  readonly picture: string;
  /** Pixels of the PNG file. */
  readonly size: { readonly width: number; readonly height: number };
  readonly prompt: string;
  readonly negativePrompt?: string;
  readonly seed: number;
  readonly scheduler: string;
  readonly steps: number;
  readonly guidanceScale: number;
  /** PoI's strength. */
  readonly strength: number;
  readonly model: string;
  readonly device: string;
  /** What the picture took after loading; its share where several were made at once. */
  readonly milliseconds: number;
  /** Back to front. */
  readonly objects: readonly JudgedObject[];
}

export async function generate(words: readonly string[], io: Io, services: Services): Promise<void> {
  const request = await readGenerateRequest(readFlags(words, generateArgs, 'generate'), io.cwd);
  if (request.example) announceExample(request.example, request, io);
  const { model, sampling, layout, count } = request;
  const bar = progressBar(io, count, 'loading');
  try {
    const { signal } = io;
    const { pipe, judge, close } = await reading(() => services.open(model, { judged: false, signal }));
    try {
      await reading(() => pipe.check(layout));
      const layouts = new Array<Layout>(count).fill(layout);
      const onProgress = (done: number) => bar.update(done, 'painting');
      const pictures = await samplePictures(pipe, layouts, { ...sampling, batch: BATCH, signal, onProgress });
      const records = await recordPictures(pictures, pipe, judge, request);
      signal.throwIfAborted();
      await writeFiles(records.flatMap(({ files }) => files));
      bar.stop();
      for (const { files, record } of records) say(io, `${files[0].path}${summary(record)}`);
    } finally {
      await close();
    }
  } finally {
    bar.stop();
  }
}

async function readGenerateRequest(flags: Flags, cwd: string): Promise<GenerateRequest> {
  const given = await readLayout(flags, cwd);
  const [example] = exampleLayouts;
  const sampling = readSamplingRequest(flags, example.seed);
  const model = await readModelRequest(flags, cwd);
  const count = wholeNumber(flags, 'count', { min: 1, max: MAX_COUNT }) ?? 1;
  const out = await outputPath(cwd, text(flags, 'out') ?? 'picture.png', '--out', ['.png']);
  for (let i = 0; i < count; i++) {
    const png = numberedPath(out, i, count);
    for (const path of [png, besidePath(png, '.json')]) await requireFileName(path, '--out');
  }
  const common = { model, sampling, out, count, boxes: flags.has('boxes') };
  return given ? { layout: given, ...common } : { layout: example, example, ...common };
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

interface RecordedPicture {
  readonly record: PictureRecord;
  /** The picture, then its record. */
  readonly files: readonly OutputFile[];
}

async function recordPictures(
  pictures: readonly SampledPicture[],
  pipe: Generator,
  judge: Judge | undefined,
  request: GenerateRequest,
): Promise<RecordedPicture[]> {
  const { out, count, boxes, model, sampling } = request;
  const detections = await judge?.detectMany(pictures.map(({ image }) => image));
  const made = {
    scheduler: schedulerOf(pipe, sampling),
    steps: sampling.steps ?? pipe.defaults.steps,
    guidanceScale: sampling.guidanceScale ?? pipe.defaults.guidanceScale,
    strength: model.strength ?? 1,
    model: pipe.name,
    device: pipe.device,
  };
  return Promise.all(
    pictures.map(async ({ image, layout, seed, milliseconds }, i) => {
      const path = numberedPath(out, i, count);
      const drawn = boxes ? await encodePngWithBoxes(image, layout.objects) : await encodePng(image);
      const record: PictureRecord = {
        picture: basename(path),
        size: { width: drawn.width, height: drawn.height },
        prompt: layout.prompt,
        ...(layout.negativePrompt === undefined ? {} : { negativePrompt: layout.negativePrompt }),
        seed,
        ...made,
        milliseconds: Math.round(milliseconds),
        objects: judgeObjects(layout.objects, labelsFor(layout, judge), detections?.[i] ?? []),
      };
      const json = { path: besidePath(path, '.json'), content: `${JSON.stringify(record, null, 2)}\n` };
      return { record, files: [{ path, content: drawn.png }, json] };
    }),
  );
}

/** For each object, the class that the judge knows it by. */
function labelsFor({ objects }: Layout, judge: Judge | undefined): (string | undefined)[] {
  return objects.map(({ phrase }) => {
    const label = labelOf(phrase);
    return label !== undefined && judge?.labels.includes(label) ? label : undefined;
  });
}

/** The scheduler's short name. */
export function schedulerOf({ defaults }: Generator, { scheduler }: SamplingRequest): string {
  return scheduler ?? defaults.scheduler;
}

function summary({ objects }: PictureRecord): string {
  const judged = objects.flatMap(({ detector }) => (detector === undefined ? [] : [detector]));
  if (judged.length === 0) return '';
  const found = judged.filter((sighting) => sighting !== null);
  const meanIou = found.reduce((sum, { iou }) => sum + iou, 0) / judged.length;
  return `  (${found.length} of ${judged.length} objects found, mean IoU ${meanIou.toFixed(2)})`;
}
