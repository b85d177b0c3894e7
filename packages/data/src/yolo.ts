import type { Box } from '@spatiallock/core';
import { checkText } from '@spatiallock/core/checks';
import { decimal } from './check.js';
import { checkLabelledObjects, checkTexts } from './checkLabelled.js';
import { FieldError } from './fieldError.js';
import { checkReadOptions, issueCollector, type ReadOptions, shortText } from './issues.js';
import { boxAround, fittedBox, type LabelledObject, objectList } from './labelled.js';

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
/** Beyond this the numbers are no fractions of this picture, as when somebody wrote pixels. */
const FARTHEST = 0.05;

/**
 * Reads YOLO's text form: a line "class x y width height" for each object, with a confidence behind it or not, or
 * "class x y x y x y ..." of a polygon, which is read as the box around it. Numbers of tracks behind boxes, as Ultralytics' `track`
 * writes them, are passed over. Empty lines are skipped, boxes without area
 * are left out, and a box slightly over the edge is cut off there. Throws a DataError that names all lines that cannot
 * be understood, unless `skipBad` leaves them out, too.
 */
export function readYolo(
  text: string,
  labels: readonly string[],
  options: ReadOptions = {},
): LabelledObject[] {
  checkText(text, 'text', 'the text of a file');
  checkTexts(labels, 'labels');
  checkReadOptions(options);
  const issues = issueCollector(options);
  const list = objectList();
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const isTracked = lines.some(hasTrack);
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const field = `line ${i + 1}`;
    try {
      const { label, corners } = readLine(isTracked ? withoutTrack(line) : line, field, labels);
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

/** Whether a number of a track, which no coordinate and no confidence can be, ends a line with a box. */
const hasTrack = (line: string): boolean => /^\s*\S+(\s+\S+){4,5}\s+([2-9]|[1-9]\d+)\s*$/.test(line);

/** A box without the number of its track; the first track's is 1, which other lines must tell from the end of a polygon. */
const withoutTrack = (line: string): string => line.replace(/^(\s*\S+(?:\s+\S+){4,5})\s+[1-9]\d*\s*$/, '$1');

function readLine(
  line: string,
  field: string,
  labels: readonly string[],
): { readonly label: string; readonly corners: Box } {
  const parts = line.trim().split(/\s+/);
  const numbers = parts.map(decimal);
  const bad = numbers.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new FieldError(field, `"${parts[bad]!.slice(0, 40)}" is not a finite number`);
  const [index, ...rest] = numbers as [number, ...number[]];
  const corners = cornersOf(rest, field);
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

/** From the numbers behind the class. */
function cornersOf(numbers: readonly number[], field: string): Box {
  if (numbers.length >= 6 && numbers.length % 2 === 0) {
    const [xs, ys] = [0, 1].map((axis) => numbers.filter((_, i) => i % 2 === axis));
    return boxAround(xs!, ys!);
  }
  const [x, y, width, height, confidence = 1] = numbers;
  if (numbers.length !== 4 && numbers.length !== 5) {
    const forms =
      'class x y width height, a confidence behind them or not, or class and the points of a polygon';
    throw new FieldError(field, `must hold 5 numbers (${forms}), holds ${numbers.length + 1}`);
  }
  if (confidence < 0 || confidence > 1) {
    throw new FieldError(field, `the sixth number, a confidence, must lie in 0..1, is ${confidence}`);
  }
  return [x! - width! / 2, y! - height! / 2, x! + width! / 2, y! + height! / 2];
}
