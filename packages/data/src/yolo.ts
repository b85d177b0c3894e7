import type { Box } from '@spatiallock/core';
import { checkFlag, checkList, checkText, checkWhole } from '@spatiallock/core/checks';
import { checkLabelledObjects, checkTexts } from './checkLabelled.js';
import { FieldError } from './fieldError.js';
import { checkReadOptions, issueCollector, type ReadOptions, shortText } from './issues.js';
import { fittedBox, type LabelledObject, objectList } from './labelled.js';
import {
  cornersOf,
  FARTHEST,
  hasPolygons,
  readNumbers,
  type YoloForm,
  type YoloNumbers,
} from './yoloLine.js';

/**
 * Writes the objects of one picture in YOLO's text form: a line "class x y width height" for each,
 * with the box's centre and size in 0..1. Throws when a label is not among `labels`.
 */
export function writeYolo(objects: readonly LabelledObject[], labels: readonly string[]): string {
  checkTexts(labels, 'labels');
  checkLabelledObjects(objects, 'objects', labels);
  const lines = objects.map(({ label, box: [x0, y0, x1, y1] }) => {
    const index = labels.indexOf(label);
    const numbers = [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0];
    return `${index} ${numbers.map((value) => value.toFixed(6)).join(' ')}\n`;
  });
  return lines.join('');
}

/** Rounding at six digits; a box over the edge by less, in fractions of the side, is cut without a word. */
const ROUNDING = 1e-4;

/** Options of `readYolo`. */
export interface ReadYoloOptions extends ReadOptions {
  /** Number of keypoints behind each box, and of numbers of each, 2 or 3: `kpt_shape` of data.yaml. Keypoints are passed over. */
  readonly keypoints?: readonly [count: number, numbers: number];
  /** Whether 6 or more numbers behind the class are the points of a polygon, in pairs. Default: what the lines of the file tell. */
  readonly polygons?: boolean;
}

/**
 * Reads YOLO's text form: a line "class x y width height" for each object, with a confidence behind it or not, or
 * "class x y x y x y ..." of a polygon, which is read as the box around it. Numbers of tracks behind boxes, as Ultralytics' `track`
 * writes them, are passed over, and so are keypoints with the option `keypoints`. A line that may be a polygon as well as a box with
 * keypoints, or with confidence and track, is bad where neither other lines nor the options tell. Empty lines are skipped, boxes
 * without area are left out, and a box slightly over the edge is cut off there. Throws a DataError that names all lines that cannot
 * be understood, unless `skipBad` leaves them out, too.
 */
export function readYolo(
  text: string,
  labels: readonly string[],
  options: ReadYoloOptions = {},
): LabelledObject[] {
  checkText(text, 'text', 'the text of a file');
  checkTexts(labels, 'labels');
  checkReadOptions(options, ['keypoints', 'polygons']);
  const issues = issueCollector(options);
  const list = objectList();
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const form = formOf(lines, options);
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const field = `line ${i + 1}`;
    try {
      const { label, corners } = readLine(form.isTracked ? withoutTrack(line) : line, field, labels, form);
      const fitted = fittedBox(corners, 1, 1, ROUNDING);
      if (fitted.box === undefined) {
        issues.add({ kind: 'leftOut', field, message: fitted.leftOut });
        continue;
      }
      if (fitted.clipped !== undefined) issues.add({ kind: 'clipped', field, message: fitted.clipped });
      if (!list.add({ label, box: fitted.box })) {
        issues.add({ kind: 'leftOut', field, message: `the same ${shortText(label)} is there already` });
      }
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      issues.add({ kind: 'bad', ...error.issue });
    }
  }
  issues.finish();
  return [...list.objects];
}

interface FileForm extends YoloForm {
  /** Whether numbers of tracks end lines with boxes. */
  readonly isTracked: boolean;
}

/** From the options, and where they say nothing from the lines. */
function formOf(lines: readonly string[], { keypoints, polygons }: ReadYoloOptions): FileForm {
  if (polygons !== undefined) checkFlag(polygons, 'options.polygons');
  if (keypoints !== undefined) {
    const [count, numbers] = checkList(keypoints, 'options.keypoints', 'two numbers, as kpt_shape');
    if (polygons)
      throw new Error('options.polygons: polygons have no keypoints; give one of the two options');
    checkWhole(count, { min: 1, max: 10_000 }, 'options.keypoints[0]');
    checkWhole(numbers, { min: 2, max: 3 }, 'options.keypoints[1]');
    return { keypoints: keypoints[0] * keypoints[1], isTracked: false };
  }
  if (polygons) return { polygons, isTracked: false };
  const isTracked = lines.some(hasTrack);
  const told =
    polygons ?? (hasPolygons(lines.map(isTracked ? withoutTrack : String).flatMap(numbersIn)) || undefined);
  return { ...(told === undefined ? {} : { polygons: told }), isTracked };
}

/** Of a line that can be understood. */
function numbersIn(line: string): YoloNumbers[] {
  try {
    return [readNumbers(line, '')];
  } catch {
    return [];
  }
}

/** Whether a number of a track, which no coordinate and no confidence can be, ends a line with a box. */
const hasTrack = (line: string): boolean => /^\s*\S+(\s+\S+){4,5}\s+([2-9]|[1-9]\d+)\s*$/.test(line);

/** A box without the number of its track; the first track's is 1, which other lines must tell from the end of a polygon. */
const withoutTrack = (line: string): string => line.replace(/^(\s*\S+(?:\s+\S+){4,5})\s+[1-9]\d*\s*$/, '$1');

function readLine(
  line: string,
  field: string,
  labels: readonly string[],
  form: YoloForm,
): { readonly label: string; readonly corners: Box } {
  const numbers = readNumbers(line, field);
  const corners = cornersOf(numbers, field, form);
  const { index } = numbers;
  const label = labels[index];
  if (!Number.isInteger(index) || label === undefined) {
    throw new FieldError(field, `class ${index} must be an integer in 0..${labels.length - 1}`);
  }
  if (corners.some((corner) => corner < -FARTHEST || corner > 1 + FARTHEST)) {
    throw new FieldError(
      field,
      'the box leaves the picture; x, y, width and height are fractions of it, 0..1',
    );
  }
  return { label, corners };
}
