import { classLabels } from '../classes.js';
import { boxFromPixels, type LabelledObject } from './labelled.js';

/**
 * Writes the objects of one picture in YOLO's text form: a line "class x y width height" for each,
 * with the box's centre and size in 0..1. Throws when a label is not among `labels`.
 */
export function writeYolo(
  objects: readonly LabelledObject[],
  labels: readonly string[] = classLabels,
): string {
  const lines = objects.map(({ label, box: [x0, y0, x1, y1] }, i) => {
    const index = labels.indexOf(label);
    if (index < 0) throw new Error(`objects[${i}].label: "${label}" is not one of the labels`);
    const numbers = [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0];
    return `${index} ${numbers.map((value) => value.toFixed(6)).join(' ')}\n`;
  });
  return lines.join('');
}

/** Rounding at six digits may push a box over the edge by this much, in fractions of the side. */
const slack = 1e-4;

function readLine(line: string, field: string, labels: readonly string[]): LabelledObject {
  const parts = line.trim().split(/\s+/);
  if (parts.length !== 5)
    throw new Error(`${field}: must hold 5 numbers (class x y width height), holds ${parts.length}`);
  const numbers = parts.map((part) =>
    /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(part) ? Number(part) : Number.NaN,
  );
  const bad = numbers.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new Error(`${field}: "${parts[bad].slice(0, 40)}" is not a finite number`);
  const [index, x, y, width, height] = numbers;
  if (!Number.isInteger(index) || index < 0 || index >= labels.length) {
    throw new Error(`${field}: class ${index} must be an integer in 0..${labels.length - 1}`);
  }
  const corners = [x - width / 2, y - height / 2, x + width / 2, y + height / 2] as const;
  if (corners.some((corner) => corner < -slack || corner > 1 + slack)) {
    throw new Error(`${field}: the box leaves the picture; x, y, width and height are fractions of it, 0..1`);
  }
  return { label: labels[index], box: boxFromPixels(corners, 1, 1, field) };
}

/** Reads YOLO's text form; empty lines are skipped. Throws an error that names the line. */
export function readYolo(text: string, labels: readonly string[] = classLabels): LabelledObject[] {
  return text
    .split(/\r?\n/)
    .flatMap((line, i) => (line.trim() === '' ? [] : readLine(line, `line ${i + 1}`, labels)));
}
