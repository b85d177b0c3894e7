// The figures of a card: read from the JSON reports of `evaluate`, `bench` and `train`.

import { basename } from 'node:path';
import { checkNumber, checkObject, showValue } from '@spatiallock/core/checks';
import { counted } from '../counted.js';

/** One figure as people read it. */
export interface Figure {
  /** As the hub's metadata name it: `mean_iou`. */
  readonly type: string;
  readonly name: string;
  readonly value: number;
  /** The same of real pictures of the layouts, where it was measured. */
  readonly bound?: number;
}

/** Figures over some layouts. */
export interface Measurement {
  /** What was painted: `200 layouts (plain)`. */
  readonly title: string;
  /** The model's name in the report. */
  readonly model?: string;
  /** Tells that model from others of its name, where the report says it. */
  readonly modelHash?: string;
  /** What was laid over the model: `adapter forklifts`. */
  readonly over?: readonly string[];
  /** What judged, where the report says it. */
  readonly detector?: string;
  /** The folder of the pictures, where the report was of pictures whose model it does not name. */
  readonly images?: string;
  /** How the pictures were made, as `steps 25, seed 1`. */
  readonly how: string;
  readonly figures: readonly Figure[];
}

type Fields = Readonly<Record<string, unknown>>;
type Row = readonly [type: string, name: string, path: string];

const EVALUATED: readonly Row[] = [
  ['mean_iou', 'mean IoU', 'meanIoU'],
  ['instance_success_rate', 'success (class right, IoU at least 0.5)', 'instanceSuccessRate'],
  ['ap50', 'AP50', 'AP50'],
  ['ap', 'AP', 'AP'],
];

const BENCHED: readonly Row[] = [
  ['mean_iou', 'mean IoU, one to one', 'meanIoU'],
  ['instance_success_rate', 'success (IoU at least 0.5)', 'instanceSuccessRate'],
  ['ap', 'YOLO score: AP', 'coco.AP'],
  ['ap50', 'YOLO score: AP50', 'coco.AP50'],
  ['layout_score', 'layout score (7Bench, C-Bench, O-Bench)', 'layout.score'],
  ['mig_instance_success_rate', 'COCO-MIG instance success', 'mig.instanceSuccessRate'],
  ['mig_mean_iou', 'COCO-MIG mIoU', 'mig.meanIoU'],
  ['overlap_mean_iou', 'OverLayBench O-mIoU', 'overlap.overlapMeanIoU'],
];

/** What reports record of how pictures were painted. */
const PAINTED = ['steps', 'scheduler', 'guidanceScale', 'seed', 'strength', 'device'];

/** Reads a report: a measurement for each of its judges. Throws an error that begins with `path` where it is neither of them, or where a figure is none. */
export function readReport(json: unknown, path: string): Measurement[] {
  const fields = checkObject(json, path);
  if (fields.generated !== undefined) return evaluated(fields, path);
  if (fields.benchmark !== undefined && fields.scores !== undefined) return [benched(fields, path)];
  throw new Error(`${path}: is neither a report of evaluate (--json) nor of bench (--json)`);
}

function evaluated(fields: Fields, path: string): Measurement[] {
  const { count, scenes, model, modelHash, detector, others = {} } = fields;
  const over = laidOver(fields, path);
  const title = withParts(`${layoutsShown(count)} (${shown(scenes)})`, over);
  const how = settingsOf(fields, PAINTED);
  const further = Object.entries(checkObject(others, `${path}: others`));
  const first = firstJudge(
    detector,
    further.map(([name]) => name),
  );
  const by = (judge: unknown) => ({ over, ...named({ model, modelHash, detector: judge }), how });
  const measured = ({ generated, real }: Fields, where: string): Figure[] =>
    figuresOf(EVALUATED, generated, real, `${where}generated`, `${where}real`);
  return [
    { title, ...by(first), figures: measured(fields, `${path}: `) },
    ...further.map(([name, figures]) => ({
      title: `${title}, judged by ${shown(name)}`,
      ...by(name),
      figures: measured(checkObject(figures, `${path}: others.${name}`), `${path}: others.${name}.`),
    })),
  ];
}

/** A report lists all judges that were named; the model's own, which is first on the built-in scenes, is none of them. */
function firstJudge(detector: unknown, others: readonly string[]): unknown {
  if (typeof detector !== 'string' || others.length === 0) return detector;
  const rest = others.join(', ');
  if (detector === rest) return undefined;
  return detector.endsWith(`, ${rest}`) ? detector.slice(0, -rest.length - 2) : detector;
}

function benched(fields: Fields, path: string): Measurement {
  const { file, layouts, judgeable } = checkObject(fields.benchmark, `${path}: benchmark`);
  const { model, modelHash, detector, images } = fields;
  const over = laidOver(fields, path);
  return {
    title: withParts(`${basename(shown(file))}: ${shown(judgeable)} of ${layoutsShown(layouts)}`, over),
    over,
    ...named({ model, modelHash, detector }),
    ...(model === undefined && images !== undefined ? { images: basename(shown(images)) } : {}),
    how: settingsOf(fields, PAINTED),
    figures: figuresOf(BENCHED, fields.scores, fields.real, `${path}: scores`, `${path}: real`),
  };
}

/** What a training tells in its report.json; undefined where it measured nothing. */
export function trainingOf(
  json: unknown,
  path: string,
): { readonly lines: readonly string[]; readonly measured?: Measurement } {
  const { settings, pictures, trainableParameters, validationLoss, figures, plugins } = checkObject(
    json,
    path,
  );
  const { steps, batch, rate } = checkObject(settings, `${path}: settings`);
  const { training, validation } = checkObject(pictures, `${path}: pictures`);
  const losses = Object.entries(checkObject(validationLoss, `${path}: validationLoss`));
  const [first, last] = [losses[0], losses.at(-1)];
  const lines = [
    `${shown(steps)} steps of ${shown(batch)} pictures, learning rate ${shown(rate)}`,
    `${shown(training)} pictures to train on, ${shown(validation)} to validate on`,
    ...(trainableParameters === undefined ? [] : [`${shown(trainableParameters)} parameters learnt`]),
    ...(Array.isArray(plugins) && plugins.length > 0 ? [`plugins: ${plugins.map(shown).join(', ')}`] : []),
    ...(first && last && first !== last
      ? [`validation loss ${shown(first[1])} before, ${shown(last[1])} after ${last[0]} steps`]
      : []),
  ];
  if (figures === undefined) return { lines };
  const own = figuresOf(EVALUATED, figures, undefined, `${path}: figures`, path);
  return { lines, measured: { title: 'pictures kept from training', how: '', figures: own } };
}

/** The figures that are there; one that is missing is left out, and one that is no number is an error. */
function figuresOf(
  rows: readonly Row[],
  given: unknown,
  real: unknown,
  path: string,
  realPath: string,
): Figure[] {
  const found = checkObject(given, path);
  const bounds = real === undefined ? {} : checkObject(real, realPath);
  return rows.flatMap(([type, name, key]) => {
    const value = valueAt(found, key, path);
    const bound = valueAt(bounds, key, realPath);
    if (value === undefined) return [];
    return [{ type, name, value, ...(bound === undefined ? {} : { bound }) }];
  });
}

function valueAt(fields: Fields, key: string, path: string): number | undefined {
  let value: unknown = fields;
  for (const part of key.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Fields)[part];
  }
  if (value === undefined || value === null) return undefined;
  return checkNumber(value, { min: 0, max: 1 }, `${path}.${key}`);
}

const named = <Name extends string>(given: Readonly<Record<Name, unknown>>) =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => typeof value === 'string')) as {
    readonly [name in Name]?: string;
  };

/** What a report records as laid over its model (see `ModelRecord`) or plugged in, and null tokens: an ablation is no model's own. */
function laidOver(fields: Fields, path: string): readonly string[] {
  const listed = (name: string): readonly unknown[] =>
    fields[name] === undefined ? [] : [fields[name]].flat();
  const parts = ['adapter', 'vae', 'grounding', 'embeddings'].flatMap((name) =>
    listed(name).map((part) => `${name} ${shown(checkObject(part, `${path}: ${name}`).path)}`),
  );
  const plugins = listed('plugins').map((plugin) => `plugin ${shown(plugin)}`);
  return [...parts, ...plugins, ...(fields.nullTokens === true ? ['null tokens'] : [])];
}

const withParts = (title: string, over: readonly string[]): string => [title, ...over].join(', with ');

const settingsOf = (fields: Fields, names: readonly string[]): string =>
  names.flatMap((name) => (fields[name] === undefined ? [] : [`${name} ${shown(fields[name])}`])).join(', ');

const layoutsShown = (count: unknown): string =>
  typeof count === 'number' ? counted(count, 'layout') : `${shown(count)} layouts`;

/** A text or a number on one line. */
const shown = (value: unknown): string =>
  (typeof value === 'string' || typeof value === 'number' ? String(value) : showValue(value)).replace(
    /[\r\n]+/g,
    ' ',
  );
