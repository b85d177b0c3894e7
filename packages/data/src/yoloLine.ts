// One line of YOLO's text form: which of Ultralytics' formats it is in, by its columns.

import type { Box } from '@spatiallock/core';
import { decimal } from './check.js';
import { FieldError } from './fieldError.js';
import { boxAround } from './labelled.js';
import { crossesItself, isParallelogram, liesInBox } from './outline.js';

/** What the caller says of the lines of a file; `polygons` is undefined where the lines have to tell. */
export interface YoloForm {
  /** Numbers of keypoints behind a box, as `kpt_shape` of data.yaml. */
  readonly keypoints?: number;
  readonly polygons?: boolean;
}

/** The columns of a line: the class, which may be no whole number, and the numbers behind it. */
export interface YoloNumbers {
  readonly index: number;
  readonly numbers: readonly number[];
  /** Whether the last one is written as the whole number 1, as that of the first track is. */
  readonly endsInOne: boolean;
}

/** Beyond this the numbers are no fractions of this picture, as when somebody wrote pixels. */
export const FARTHEST = 0.05;

/** Throws a FieldError where a column is no number. */
export function readNumbers(line: string, field: string): YoloNumbers {
  const parts = line.trim().split(/\s+/);
  const values = parts.map(decimal);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new FieldError(field, `"${parts[bad]!.slice(0, 40)}" is not a finite number`);
  const [index, ...numbers] = values as [number, ...number[]];
  return { index, numbers, endsInOne: parts.at(-1) === '1' };
}

/** Whether a line of so many numbers may be a polygon: 3 points or more. */
const mayBePolygon = ({ numbers }: YoloNumbers): boolean => numbers.length >= 6 && numbers.length % 2 === 0;

const isInside = (value: number): boolean => value >= -FARTHEST && value <= 1 + FARTHEST;

/** Points of an outline that is simple: keypoints of a body, in their order, cross. */
const SURE = 10;

/** Whether a polygon cannot be a box with keypoints or with confidence and track. */
function isSurelyPolygon({ numbers, endsInOne }: YoloNumbers): boolean {
  if (numbers.length === 6 && endsInOne && isInPicture(numbers)) return false;
  if (numbers.length === 8 && isParallelogram(numbers)) return true;
  if (!mayBePose(numbers)) return true;
  return numbers.length >= 2 * SURE && !crossesItself(numbers);
}

/** Whether the first four numbers are a box of the picture. */
function isInPicture([x, y, width, height]: readonly number[]): boolean {
  const corners = [x! - width! / 2, y! - height! / 2, x! + width! / 2, y! + height! / 2];
  return width! > 0 && height! > 0 && corners.every((corner) => corner > -0.01 && corner < 1.01);
}

/** Whether a box of the picture comes first, and all keypoints behind it lie in it, or are none (0 0). */
function mayBePose(numbers: readonly number[]): boolean {
  if (!isInPicture(numbers)) return false;
  return [2, 3].some((each) => (numbers.length - 4) % each === 0 && liesInBox(numbers, each));
}

/** Whether these lines of a file, of which none may be known for another format, are polygons. */
export function hasPolygons(lines: readonly YoloNumbers[]): boolean {
  const candidates = lines.filter((line) => mayBePolygon(line) && line.numbers.every(isInside));
  // Each line of a pose has as many columns.
  const lengths = new Set(candidates.map(({ numbers }) => numbers.length));
  return lengths.size > 1 || candidates.some(isSurelyPolygon);
}

const BOX = 'class x y width height';

/** The corners of a line's box, or of the box around its polygon. Throws a FieldError where its columns do not tell. */
export function cornersOf(line: YoloNumbers, field: string, { keypoints, polygons }: YoloForm): Box {
  const { numbers } = line;
  const ownKeypoints = keypoints !== undefined && numbers.length >= 4 + keypoints ? keypoints : 0;
  if (keypoints === undefined && polygons !== false && mayBePolygon(line)) {
    if (polygons === undefined) refuseAmbiguous(line, field);
    const [xs, ys] = [0, 1].map((axis) => numbers.filter((_, i) => i % 2 === axis));
    return boxAround(xs!, ys!);
  }
  const [x, y, width, height] = numbers;
  const behind = numbers.slice(4 + ownKeypoints);
  if (numbers.length < 4 || behind.length > 2 || (behind.length === 2 && !isTrack(behind[1]!))) {
    throw new FieldError(field, `must hold ${formsOf({ keypoints, polygons })}, holds ${numbers.length + 1}`);
  }
  const [confidence = 1] = behind;
  if ((confidence < 0 || confidence > 1) && !(behind.length === 1 && isTrack(confidence))) {
    const place = ownKeypoints === 0 ? 'sixth' : 'last';
    throw new FieldError(field, `the ${place} number, a confidence, must lie in 0..1, is ${confidence}`);
  }
  return [x! - width! / 2, y! - height! / 2, x! + width! / 2, y! + height! / 2];
}

const isTrack = (value: number): boolean => Number.isInteger(value) && value >= 1;

function formsOf({ keypoints, polygons }: YoloForm): string {
  if (keypoints !== undefined) {
    return `5 numbers (${BOX}) or ${5 + keypoints} with those of the keypoints, a confidence and a track behind them or not`;
  }
  const forms = `${BOX}, a confidence behind them or not`;
  if (polygons === false) return `5 numbers (${forms})`;
  return `5 numbers (${forms}, or class and the points of a polygon; for keypoints behind boxes give the option keypoints)`;
}

/** Refuses a line that may be a polygon or something else, in a file where no line tells which. */
function refuseAmbiguous(line: YoloNumbers, field: string): void {
  const { numbers, endsInOne } = line;
  if (!numbers.every(isInside) || isSurelyPolygon(line)) return;
  const tracked = numbers.length === 6 && endsInOne;
  const other = tracked ? 'confidence and track' : 'keypoints';
  const advice = tracked
    ? 'polygons: true or polygons: false'
    : 'polygons: true, or keypoints as kpt_shape of data.yaml has it';
  throw new FieldError(
    field,
    `may be a polygon of ${numbers.length / 2} points or a box with ${other}; give the option ${advice}`,
  );
}
