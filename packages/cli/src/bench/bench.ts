// `spatiallock bench`: a set of pictures by the rules of public benchmarks.

import { resolve } from 'node:path';
import type { Detection, Layout, OpenDetector, RgbImage } from '@spatiallock/core';
import type { BenchmarkLayout } from '@spatiallock/data/benchmarks';
import { type BenchmarkScores, benchmarkScores, colourShares, samplePictures } from '@spatiallock/evaluation';
import { readImage } from '@spatiallock/node';
import { classLabels, layoutImages, loadArt } from '@spatiallock/scenes';
import type { ArgsDef } from 'citty';
import { detectorArgs, readDetector } from '../detectors.js';
import { InputError, reading } from '../errors.js';
import { outputPath, writeFiles } from '../files.js';
import { choice, type Flags, readFlags, text, wholeNumber } from '../flags.js';
import { type Io, note, say } from '../io.js';
import { type KnownPlugins, knownPlugins } from '../plugins/known.js';
import { settingFlags, withSettings } from '../plugins/settings.js';
import { settlePlugins } from '../plugins/settle.js';
import { type Progress, progressBar } from '../progress.js';
import {
  type ModelRequest,
  readModelRequest,
  readSamplingRequest,
  requireSeeds,
  type SamplingRequest,
  sharedArgs,
} from '../request.js';
import type { DetectorRequest, Services } from '../services.js';
import { isJudgeable, labelled } from './labels.js';
import { findPictures } from './pictures.js';
import { type LayoutFormat, layoutFormats, type ReadLayouts, readBenchmarkLayouts } from './readLayouts.js';
import { type BenchReport, benchLines } from './report.js';

export const benchArgs = {
  layouts: { type: 'string', valueHint: 'file', description: 'what to paint and to judge; see --format' },
  format: {
    type: 'string',
    valueHint: 'csv',
    description: `${layoutFormats.join(', ')}: of 7Bench, C-Bench and O-Bench; COCO-MIG; OverLayBench; COCO; ours. Default: as the file looks`,
  },
  images: {
    type: 'string',
    valueHint: 'folder',
    description: "pictures named by their layouts' ids; without it the model paints them",
  },
  ...detectorArgs,
  count: {
    type: 'string',
    valueHint: '100',
    description: 'the first so many layouts that can be judged; default all',
  },
  batch: { type: 'string', valueHint: '8', description: 'pictures sampled at once, 1..256; default 8' },
  json: {
    type: 'string',
    valueHint: 'scores.json',
    description: 'where the scores go; - prints them instead',
  },
  'skip-bad': { type: 'boolean', description: 'go on without layouts that cannot be understood' },
  'skip-missing': { type: 'boolean', description: 'go on without layouts that have no picture in --images' },
  quiet: { type: 'boolean', description: 'print nothing but errors, and what --json - asks for' },
  ...sharedArgs,
} as const satisfies ArgsDef;

interface BenchRequest {
  readonly layouts: string;
  readonly format?: LayoutFormat;
  readonly images?: string;
  readonly detector: DetectorRequest;
  readonly count?: number;
  readonly batch: number;
  readonly json?: string;
  readonly printed: boolean;
  readonly skipBad: boolean;
  readonly skipMissing: boolean;
  readonly model: ModelRequest;
  readonly sampling: SamplingRequest;
}

export async function bench(words: readonly string[], given: Io, services: Services): Promise<void> {
  const known = await knownPlugins(words, given.cwd);
  const flags = readFlags(words, withSettings(benchArgs, known, ['call']), 'spatiallock bench');
  const request = await readRequest(flags, given.cwd, known);
  const io: Io = { ...given, quiet: flags.has('quiet') };
  const read = await readBenchmarkLayouts(io.cwd, request.layouts, request.format, request.skipBad);
  if (!io.quiet) for (const line of read.notes) note(io, `left out or changed: ${line}`);
  const bar = progressBar(io, read.layouts.length, 'loading');
  let report: BenchReport;
  try {
    const { detector, model } = request;
    const open = await reading(() => services.openDetector(detector, model));
    try {
      report = await measure(request, read, open, services, known, io, bar);
    } finally {
      await open.dispose?.();
    }
  } finally {
    bar.stop();
  }
  const content = `${JSON.stringify(report, null, 2)}\n`;
  if (request.json !== undefined) await writeFiles([{ path: request.json, content }]);
  if (request.printed) io.stdout.write(content);
  else for (const line of benchLines(report)) say(io, line);
}

async function readRequest(flags: Flags, cwd: string, known: KnownPlugins): Promise<BenchRequest> {
  const layouts = text(flags, 'layouts');
  if (layouts === undefined) throw new InputError('--layouts: is missing; give the file of the layouts');
  const [given, images] = [text(flags, 'json'), text(flags, 'images')];
  const printed = given === '-';
  const painting = [
    'model',
    'seed',
    'steps',
    'scheduler',
    'guidance',
    'batch',
    ...settingFlags(known, ['call']),
  ];
  const idle = images === undefined ? undefined : painting.find((name) => flags.has(name));
  if (idle !== undefined)
    throw new InputError(`--${idle}: has no effect with --images; leave one of them out`);
  return {
    layouts,
    format: choice(flags, 'format', layoutFormats),
    images: images === undefined ? undefined : resolve(cwd, images),
    detector: readDetector(flags, cwd) ?? { name: 'center', cwd },
    count: wholeNumber(flags, 'count', { min: 1, max: 100_000 }),
    batch: wholeNumber(flags, 'batch', { min: 1, max: 256 }) ?? 8,
    json: given === undefined || printed ? undefined : await outputPath(cwd, given, '--json', ['.json']),
    printed,
    skipBad: flags.has('skip-bad'),
    skipMissing: flags.has('skip-missing'),
    model: await readModelRequest(flags, cwd, known),
    sampling: readSamplingRequest(flags, 1),
  };
}

interface Judged {
  readonly layout: BenchmarkLayout;
  readonly detections: readonly Detection[];
  readonly shares: readonly (number | undefined)[];
}

async function measure(
  request: BenchRequest,
  { format, layouts }: ReadLayouts,
  detector: OpenDetector,
  services: Services,
  known: KnownPlugins,
  io: Io,
  bar: Progress,
): Promise<BenchReport> {
  const objects = new Map(
    labelled(layouts, detector, format === 'mig').map((each, i) => [layouts[i]!, each] as const),
  );
  const judgeable = layouts.filter((layout) => isJudgeable(objects.get(layout)!));
  if (judgeable.length === 0) {
    throw new InputError(
      `--detector: ${request.detector.name} knows all objects of none of the ${layouts.length} layouts; ` +
        `its labels are ${detector.labels.slice(0, 8).join(', ')} ...`,
    );
  }
  let size = { width: 0, height: 0 };
  const judge = async (layout: BenchmarkLayout, image: RgbImage): Promise<Judged> => {
    io.signal.throwIfAborted();
    size = { width: image.width, height: image.height };
    const detections = await detector.detect(image);
    return { layout, detections, shares: colourShares(image, objects.get(layout)!) };
  };
  const scores = (judged: readonly Judged[]): BenchmarkScores =>
    benchmarkScores(
      judged.map(({ layout, detections, shares }) => ({
        objects: objects.get(layout)!,
        detections,
        colourShares: shares,
        ...(layout.overlaps === undefined ? {} : { overlaps: layout.overlaps }),
      })),
      size,
    );
  const made =
    request.images === undefined
      ? await painted(request, judgeable, judge, services, known, io, bar)
      : await fromFolder(request, judgeable, judge, bar);
  const generated = scores(made.judged);
  const real = await realScenes(made.judged, objects, size.width, judge, bar);
  return {
    benchmark: { file: request.layouts, format, layouts: layouts.length, judgeable: judgeable.length },
    detector: request.detector.name,
    ...made.settings,
    scores: generated,
    ...(real === undefined ? {} : { real: scores(real) }),
  };
}

type JudgeOne = (layout: BenchmarkLayout, image: RgbImage) => Promise<Judged>;

async function fromFolder(
  { images, count, skipMissing }: BenchRequest,
  judgeable: readonly BenchmarkLayout[],
  judge: JudgeOne,
  bar: Progress,
) {
  const pictures = await findPictures(images!, judgeable.slice(0, count), skipMissing);
  if (pictures.length === 0) throw new InputError(`--images: ${images} holds no picture of any layout`);
  const judged: Judged[] = [];
  for (const { layout, path } of pictures) {
    judged.push(await judge(layout, await reading(() => readImage(path), '--images: ')));
    bar.update(judged.length, 'judging');
  }
  return { judged, settings: { images: images! } };
}

async function painted(
  { model, sampling, count, batch }: BenchRequest,
  judgeable: readonly BenchmarkLayout[],
  judge: JudgeOne,
  services: Services,
  known: KnownPlugins,
  io: Io,
  bar: Progress,
) {
  const { signal } = io;
  const settled = await settlePlugins(
    model,
    known,
    judgeable.map(({ prompt, objects }) => ({ prompt, objects })),
    { recommended: false },
  );
  const open = await reading(() => services.open(settled, { needsDetector: false, signal }));
  try {
    const speakable: { layout: BenchmarkLayout; own: Layout }[] = [];
    for (const layout of judgeable) {
      const own = { prompt: layout.prompt, objects: layout.objects };
      if (await isKnown(() => open.pipe.check(own))) speakable.push({ layout, own });
    }
    if (speakable.length === 0) {
      throw new InputError(`--model: its words express none of the ${judgeable.length} layouts`);
    }
    const chosen = speakable.slice(0, count);
    requireSeeds(sampling.seed, chosen.length);
    const judged: Judged[] = [];
    // A batch at a time: the pictures of a large benchmark would not fit into memory together.
    for (let first = 0; first < chosen.length; first += batch) {
      const rows = chosen.slice(first, first + batch);
      const pictures = await samplePictures(
        open.pipe,
        rows.map(({ own }) => own),
        {
          ...{ ...sampling, seed: sampling.seed + first, batch, signal },
          onProgress: (done) => bar.update(first + done, 'painting'),
        },
      );
      for (const [i, { image }] of pictures.entries()) judged.push(await judge(rows[i]!.layout, image));
    }
    const settings = { model: open.pipe.name, seed: sampling.seed, expressible: speakable.length };
    return { judged, settings };
  } finally {
    await open.close();
  }
}

async function isKnown(check: () => unknown): Promise<boolean> {
  try {
    await check();
    return true;
  } catch (error) {
    if (error instanceof TypeError || error instanceof ReferenceError) throw error;
    return false;
  }
}

/** The same layouts drawn with the scenes' art, where their labels are the scenes' classes. */
async function realScenes(
  judged: readonly Judged[],
  objects: ReadonlyMap<BenchmarkLayout, readonly { readonly label?: string }[]>,
  size: number,
  judge: JudgeOne,
  bar: Progress,
): Promise<Judged[] | undefined> {
  const rows = judged.map(({ layout }) =>
    layout.objects.map(({ box }, i) => ({ box, label: objects.get(layout)![i]!.label! })),
  );
  if (!rows.flat().every(({ label }) => classLabels.includes(label))) return undefined;
  bar.update(judged.length, 'judging real scenes');
  const art = await loadArt();
  const real: Judged[] = [];
  for (const [i, row] of rows.entries()) {
    const [image] = layoutImages(art, [row], size);
    real.push(await judge(judged[i]!.layout, image!));
  }
  return real;
}
