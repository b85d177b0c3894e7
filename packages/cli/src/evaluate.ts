// `spatiallock evaluate`: do objects stand where they were asked for?

import type { Layout, Pipeline } from '@spatiallock/core';
import {
  captionsAlone,
  type EvaluatedLayout,
  type EvaluateScenesOptions,
  type EvaluationTask,
  type Evaluator,
  evaluateScenes,
  type NamedEvaluator,
  reportJson,
  seedVariety,
} from '@spatiallock/evaluation';
import { evaluatorOf } from './detectors.js';
import { InputError, reading } from './errors.js';
import { howMade, type Report, summary } from './evaluateReport.js';
import { type EvaluateRequest, evaluateArgs, readEvaluateRequest, SEEDS, USES } from './evaluateRequest.js';
import { type OutputFile, removeLeftovers, writeFiles } from './files.js';
import { readFlags } from './flags.js';
import { settledSampling } from './generate.js';
import { type Io, say } from './io.js';
import { modelIdentity } from './modelRecord.js';
import { knownPlugins } from './plugins/known.js';
import { moduleText } from './plugins/moduleText.js';
import { recordedSettings, type SettingValue, withSettings } from './plugins/settings.js';
import { settlePlugins } from './plugins/settle.js';
import { loadingListeners, type Progress, progressBar } from './progress.js';
import { requireGuidance } from './request.js';
import type { DetectorRequest, Generator, OpenModel, Services } from './services.js';
import { layoutWarning, type WarningNotes, warningNotes, warningsField } from './warnings.js';

export { evaluateArgs } from './evaluateRequest.js';

export async function evaluate(words: readonly string[], given: Io, services: Services): Promise<void> {
  const known = await knownPlugins(words, given.cwd);
  const flags = readFlags(words, withSettings(evaluateArgs, known, USES), 'spatiallock evaluate');
  const request = await readEvaluateRequest(flags, given.cwd, known);
  const io: Io = { ...given, quiet: flags.has('quiet') };
  const { scenes } = request;
  const model = await settlePlugins(request.model, known, scenes.layouts);
  const settings = recordedSettings(known, model.settings ?? {}, USES);
  const count = scenes.layouts.length;
  const bar = progressBar(io, count, 'loading');
  let report: Report;
  try {
    const { signal } = io;
    const [first, others] = judgesOf(request);
    await removeLeftovers([request.json, request.html].filter((path) => path !== undefined));
    const chosen = { needsDetector: true, ...(first ? { evaluator: first } : {}) };
    const open = await reading(() =>
      services.open(model, { ...chosen, signal, ...loadingListeners(io, bar) }),
    );
    const further: OpenJudge[] = [];
    try {
      const notes = warningNotes(io, bar.pause);
      for (const each of others) {
        const judge = evaluatorOf(await reading(() => services.openDetector(each, model)), each.name);
        further.push({ ...judge, name: each.name });
      }
      report = await measure(open, further, { ...request, model }, settings, signal, bar, notes);
    } finally {
      try {
        await Promise.all(further.map((judge) => judge.dispose?.()));
      } finally {
        await open.close();
      }
    }
    bar.update(count, 'writing');
    const files = await reportFiles(report, request);
    signal.throwIfAborted();
    await writeFiles(files);
  } finally {
    bar.stop();
  }
  if (request.printed) io.stdout.write(reportJson(report));
  else {
    const files = [request.html, request.json].filter((path) => path !== undefined);
    for (const line of summary(report, request.scenes.own, files)) say(io, line);
  }
}

type OpenJudge = NamedEvaluator & Evaluator;

/** The judge in place of the model's own, if there is one, and those beside it. */
function judgesOf({ scenes, detectors }: EvaluateRequest): [DetectorRequest | undefined, DetectorRequest[]] {
  if (!scenes.own) return [undefined, [...detectors]];
  const [first, ...others] = detectors;
  return [first, others];
}

/** Samples, judges the pictures, and judges real scenes of the same layouts beside them. */
async function measure(
  { pipe, evaluator, places }: OpenModel,
  others: readonly OpenJudge[],
  request: EvaluateRequest,
  settings: Readonly<Record<string, SettingValue>>,
  signal: AbortSignal,
  bar: Progress,
  { warnings, onWarning }: WarningNotes,
): Promise<Report> {
  const { sampling, model, batch, scenes: given, detectors, parts } = request;
  if (!evaluator) throw new InputError('detector: there is none at hand; evaluating needs one');
  const scenes = given.judged(evaluator, (layout) => void pipe.check(layout));
  for (const other of others) requireLabels(other, scenes);
  const settled = settledSampling(pipe, sampling);
  requireGuidance(sampling, settled.guidanceScale);
  await given.fitting?.((layout) => sizeOf(pipe, layout));
  const onProgress = (done: number, task: EvaluationTask) => bar.update(done, task);
  const painting = { ...sampling, ...{ pipe, batch, signal } };
  const { pictures } = given;
  const realPictures: Pick<EvaluateScenesOptions<EvaluatedLayout>, 'realPictures'> = pictures
    ? {
        realPictures: (some, size) =>
          pictures(
            some.map(({ layout }) => layout),
            size,
          ),
      }
    : {};
  const measured = await evaluateScenes({
    ...painting,
    evaluator,
    others,
    scenes,
    onProgress,
    ...realPictures,
    onWarning: (warning) => onWarning(layoutWarning(warning).text),
  });
  const judges = [{ ...evaluator, name: ownName(request) }, ...others];
  const some = (count: number) => ({ ...painting, judges, scenes: scenes.slice(0, count) });
  if (request.captions + request.varied > 0) bar.update(scenes.length, 'more pictures');
  const captions =
    request.captions > 0 && (await captionsAlone({ ...some(request.captions), ...realPictures }));
  const variety = request.varied > 0 && (await seedVariety({ ...some(request.varied), seeds: SEEDS }));
  return {
    settings: {
      count: scenes.length,
      scenes: given.name,
      ...(detectors.length === 0 ? {} : { detector: detectors.map(({ name }) => name).join(', ') }),
      seed: sampling.seed,
      ...settled,
      ...settings,
      ...(model.plugins ? { plugins: model.plugins.map(moduleText) } : {}),
      model: pipe.name,
      ...(await modelIdentity(places, parts)),
      device: pipe.device,
      batch,
      ...warningsField(warnings),
    },
    ...measured,
    ...(captions ? { captions } : {}),
    ...(variety ? { variety } : {}),
  };
}

/** Pixels of the picture to come, as far as that is known before it is painted. */
function sizeOf({ imageSize }: Generator, { width, height }: Layout): Pipeline['imageSize'] | undefined {
  const [w, h] = [width ?? imageSize?.width, height ?? imageSize?.height];
  return w === undefined || h === undefined ? undefined : { width: w, height: h };
}

/** What reports call the first judge. */
const ownName = (request: EvaluateRequest): string => judgesOf(request)[0]?.name ?? "the model's own";

/** Throws an InputError where a judge beside the first lacks labels of the scenes. */
function requireLabels({ name, labels }: OpenJudge, scenes: readonly EvaluatedLayout[]): void {
  const unknown = new Set(scenes.flatMap((scene) => scene.labels).filter((label) => !labels.includes(label)));
  if (unknown.size === 0) return;
  const shown = [...unknown].slice(0, 8).join(', ');
  throw new InputError(
    `--detector: ${name} knows no ${shown}; a judge beside another needs all labels of the layouts`,
  );
}

async function reportFiles(report: Report, { json, html }: EvaluateRequest): Promise<OutputFile[]> {
  const files: OutputFile[] = [];
  if (html !== undefined) {
    // Here, for the charts take a third of a second to load.
    const { reportPage } = await import('@spatiallock/evaluation/report');
    files.push({ path: html, content: await reportPage(report, howMade(report)) });
  }
  if (json !== undefined) files.push({ path: json, content: reportJson(report) });
  return files;
}
