import type { BenchmarkScores } from '@spatiallock/evaluation';
import { counted } from '../counted.js';
import type { settledSampling } from '../generate.js';
import type { ModelRecord } from '../modelRecord.js';
import type { LayoutFormat } from './readLayouts.js';

/** Settings of the model's own pictures stand beside the scores, those of plugins by their names. */
export interface BenchReport extends ModelRecord, Partial<ReturnType<typeof settledSampling>> {
  readonly benchmark: {
    readonly file: string;
    readonly format: LayoutFormat;
    readonly layouts: number;
    /** Layouts all of whose objects the detector has a label for. */
    readonly judgeable: number;
  };
  readonly detector: string;
  /** Whether the detector is a judge that was told what to look for; see `Examiner` of `@spatiallock/evaluation`. */
  readonly givenLayouts?: boolean;
  /** The folder of the pictures, or the model that painted them, from which seed. */
  readonly images?: string;
  readonly model?: string;
  readonly modelHash?: string;
  readonly seed?: number;
  readonly device?: string;
  readonly batch?: number;
  /** Judgeable layouts that the model's words can express. */
  readonly expressible?: number;
  /** What the layouts asked for and could not count, such as words beyond the text encoder's length. */
  readonly warnings?: readonly string[];
  readonly scores: BenchmarkScores;
  /** The same layouts drawn with the scenes' art: what the detector sees where everything stands right. */
  readonly real?: BenchmarkScores;
}

/** Letters of a column: its heads stand apart. */
const COLUMN = 13;

/** The scores as a table, generated and real side by side. */
export function benchLines(report: BenchReport): string[] {
  const { benchmark, detector, givenLayouts = false, expressible, scores, real } = report;
  const { file, layouts, judgeable } = benchmark;
  const said = expressible === undefined ? '' : `, ${expressible} of them within the model's words`;
  const told = givenLayouts ? ', which is told what to look for' : '';
  const all = real === undefined ? [scores] : [scores, real];
  const row = (name: string, value: (each: BenchmarkScores) => number | undefined): string =>
    name.padEnd(34) + all.map((each) => (value(each)?.toFixed(3) ?? '-').padStart(COLUMN)).join('');
  return [
    `${file}: ${counted(layouts, 'layout')}, ${judgeable} judgeable by ${detector}${told}${said}; ${counted(scores.pictures, 'picture')}, ${counted(scores.instances, 'object')}`,
    `${''.padEnd(34)}${'pictures'.padStart(COLUMN)}${real === undefined ? '' : 'real scenes'.padStart(COLUMN)}`,
    row('mean IoU, one to one', ({ meanIoU }) => meanIoU),
    row('success, IoU >= 0.5', ({ instanceSuccessRate }) => instanceSuccessRate),
    row('YOLO score: AP', ({ coco }) => coco.AP),
    row('YOLO score: AP50', ({ coco }) => coco.AP50),
    row('AR', ({ coco }) => coco.AR),
    row('layout score (7Bench, C/O-Bench)', ({ layout }) => layout.score),
    row('OverLayBench mIoU', ({ overlap }) => overlap.meanIoU),
    row('OverLayBench O-mIoU', ({ overlap }) => overlap.overlapMeanIoU),
    row('COCO-MIG instance success', ({ mig }) => mig.instanceSuccessRate),
    row('COCO-MIG image success', ({ mig }) => mig.imageSuccessRate),
    row('COCO-MIG mIoU', ({ mig }) => mig.meanIoU),
    row('COCO-MIG colour of placed ones', ({ mig }) => mig.colourRate),
    ...scores.mig.levels.map(({ level }) =>
      row(
        `COCO-MIG instance success, ${level}`,
        ({ mig }) => mig.levels.find((each) => each.level === level)?.instanceSuccessRate,
      ),
    ),
  ];
}
