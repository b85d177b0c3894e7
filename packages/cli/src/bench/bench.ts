// `spatiallock bench`: a set of pictures by the rules of public benchmarks.

import type { Detection, DetectorVocabulary, OpenDetector, RgbImage } from '@spatiallock/core';
import { readCategories } from '@spatiallock/core/modules';
import { taughtLabelling } from '@spatiallock/core/pipeline';
import {
  type BenchmarkObject,
  type BenchmarkScores,
  benchmarkScores,
  colourShares,
  type Examiner,
} from '@spatiallock/evaluation';
import { counted } from '../counted.js';
import { InputError, reading } from '../errors.js';
import { writeFiles } from '../files.js';
import { readFlags } from '../flags.js';
import { type Io, note, say } from '../io.js';
import { localFiles } from '../localModel.js';
import { type KnownPlugins, knownPlugins, layoutFieldsOf } from '../plugins/known.js';
import { withSettings } from '../plugins/settings.js';
import { type Progress, progressBar } from '../progress.js';
import type { Services } from '../services.js';
import { isJudgeable, labelled, labelledCrowds } from './labels.js';
import { fromFolder, type MeasuredPicture, painted, realScenes } from './measured.js';
import { type BenchLayout, type ReadLayouts, readBenchmarkLayouts } from './readLayouts.js';
import { type BenchReport, benchLines } from './report.js';
import { type BenchRequest, benchArgs, readBenchRequest } from './request.js';

export { benchArgs } from './request.js';

export async function bench(words: readonly string[], given: Io, services: Services): Promise<void> {
  const known = await knownPlugins(words, given.cwd);
  const flags = readFlags(words, withSettings(benchArgs, known, ['call']), 'spatiallock bench');
  const request = await readBenchRequest(flags, given.cwd, known);
  const io: Io = { ...given, quiet: flags.has('quiet') };
  const read = await readBenchmarkLayouts(io.cwd, request.layouts, request, layoutFieldsOf(known));
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

async function measure(
  request: BenchRequest,
  { format, layouts }: ReadLayouts,
  detector: OpenDetector & Partial<Examiner>,
  services: Services,
  known: KnownPlugins,
  io: Io,
  bar: Progress,
): Promise<BenchReport> {
  const words = await wordsOfJudge(detector, request);
  const objects = new Map(
    labelled(layouts, words, format === 'mig').map((each, i) => [layouts[i]!, each] as const),
  );
  const judgeable = layouts.filter(
    (layout) => isJudgeable(objects.get(layout)!) && (request.images !== undefined || isPaintable(layout)),
  );
  if (judgeable.every((layout) => layout.objects.length === 0)) {
    throw new InputError(
      `--detector: ${request.detector.name} knows all objects of none of the ${counted(layouts.length, 'layout')}; ` +
        `its labels are ${detector.labels.slice(0, 8).join(', ')} ...`,
    );
  }
  const measureOne = async (layout: BenchLayout, image: RgbImage): Promise<MeasuredPicture> => {
    io.signal.throwIfAborted();
    const { width, height } = image;
    // Boxes that were turned with their picture make another layout.
    const asked = objects.get(layout) ?? labelled([layout], words, format === 'mig')[0]!;
    const detections = await detectionsIn(detector, image, layout, asked);
    return {
      ...{ layout, size: { width, height }, objects: asked, detections },
      shares: colourShares(image, asked),
    };
  };
  const scores = (judged: readonly MeasuredPicture[]): BenchmarkScores =>
    benchmarkScores(
      judged.map(({ layout, size, objects: asked, detections, shares }) => ({
        ...{ objects: asked, detections, size },
        colourShares: shares,
        crowds: labelledCrowds(layout, words),
        ...(layout.overlaps === undefined ? {} : { overlaps: layout.overlaps }),
      })),
      judged[0]!.size,
    );
  const made =
    request.images === undefined
      ? await painted(request, judgeable, measureOne, services, known, io, bar)
      : await fromFolder(
          request,
          judgeable,
          { all: layouts, numbered: format === 'layouts' },
          measureOne,
          io,
          bar,
        );
  const generated = scores(made.measured);
  const real = await realScenes(made.measured, measureOne, bar);
  return {
    benchmark: { file: request.layouts, format, layouts: layouts.length, judgeable: judgeable.length },
    detector: request.detector.name,
    ...(detector.examine ? { givenLayouts: true } : {}),
    ...made.settings,
    scores: generated,
    ...(real === undefined ? {} : { real: scores(real) }),
  };
}

/** Whether anything says what a picture of the layout shows: an image of COCO without objects may have no caption. */
const isPaintable = ({ prompt, objects }: BenchLayout): boolean => objects.length > 0 || prompt !== '';

/** A detector's words for phrases; none for what the model that paints was taught for another class. */
async function wordsOfJudge(
  detector: DetectorVocabulary,
  { images, model }: BenchRequest,
): Promise<DetectorVocabulary> {
  const files = images === undefined ? await localFiles(model) : undefined;
  const taught = files ? await reading(() => readCategories(files), '--model: ') : [];
  return { labels: detector.labels, labelOf: taughtLabelling(detector, taught) };
}

/** What a detector sees in a picture; a judge that looks for what was asked for is given that. */
async function detectionsIn(
  detector: OpenDetector & Partial<Examiner>,
  image: RgbImage,
  { prompt }: BenchLayout,
  objects: readonly BenchmarkObject[],
): Promise<readonly Detection[]> {
  if (!detector.examine) return detector.detect(image);
  const layout = { prompt, objects: objects.map(({ phrase, box }) => ({ phrase, box })) };
  const labels = objects.map(({ label }) => label!);
  return (await detector.examine(image, { layout, labels })).detections;
}
