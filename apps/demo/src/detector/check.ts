// What a plugin returns, read without trust: once each, bounded in number and length. Runs in the plugin's worker and
// again on the page, for a plugin could forge what its worker says.

import type { Detection } from '@spatiallock/core';
import { messageOf, parseBox } from '@spatiallock/core';
import { showValue } from '@spatiallock/core/checks';
import { shortened } from '../text/shortened.js';

export interface Sighted {
  readonly labels: readonly string[];
  /** At most `MOST_SHOWN`, those with the highest scores. */
  readonly detections: readonly Detection[];
  /** How many there were. */
  readonly found: number;
  readonly milliseconds: number;
}

/** Detections that are drawn and listed; more would stall the page. */
export const MOST_SHOWN = 100;
/** A list of detections that is longer is refused. */
export const MOST_READ = 10_000;
const MOST_LABELS = 5_000;
const LONGEST_LABEL = 100;
const LONGEST_MESSAGE = 500;

/** Reads `{ labels, detections, milliseconds }`; throws an error that names the field at fault. */
export function readResult(given: unknown): Sighted {
  const { labels, detections, milliseconds, found } = recordOf(given);
  const names = readList(labels, 'labels', MOST_LABELS, readLabel);
  const known = new Set(names);
  const read = readList(detections, 'detections', MOST_READ, (value, at) => readDetection(value, at, known));
  const shown = read.toSorted((a, b) => b.score - a.score).slice(0, MOST_SHOWN);
  const counted = typeof found === 'number' && found > read.length ? found : read.length;
  const time = typeof milliseconds === 'number' && Number.isFinite(milliseconds) ? milliseconds : 0;
  return { labels: names, detections: shown, found: counted, milliseconds: time };
}

function readDetection(given: unknown, at: string, known: ReadonlySet<string>): Detection {
  const { label, score, box } = recordOf(given);
  if (typeof label !== 'string' || !known.has(label)) {
    throw new Error(`${at}.label: ${showValue(label)} is not one of labels`);
  }
  if (typeof score !== 'number' || !Number.isFinite(score)) {
    throw new Error(`${at}.score: must be a finite number, not ${showValue(score)}`);
  }
  return { label, score, box: parseBox(cornersOf(box, at), `${at}.box`) };
}

function readLabel(given: unknown, at: string): string {
  if (typeof given !== 'string') throw new Error(`${at}: must be text, not ${showValue(given)}`);
  if (given.length > LONGEST_LABEL) {
    throw new Error(`${at}: has ${given.length} letters; at most ${LONGEST_LABEL} are shown`);
  }
  return given;
}

/** Corners as numbers, each read once; typed arrays are fine. */
function cornersOf(given: unknown, at: string): number[] {
  const isList = Array.isArray(given) || (ArrayBuffer.isView(given) && !(given instanceof DataView));
  if (!isList) throw new Error(`${at}.box: must be four numbers x0, y0, x1, y1, not ${showValue(given)}`);
  const { length } = given as ArrayLike<unknown>;
  if (length !== 4) throw new Error(`${at}.box: must be four numbers x0, y0, x1, y1, not ${length} values`);
  return Array.from({ length: 4 }, (_, i) => {
    const corner = (given as ArrayLike<unknown>)[i];
    if (typeof corner === 'number') return corner;
    throw new Error(`${at}.box: ${showValue(corner)} is not a number`);
  });
}

function readList<T>(
  given: unknown,
  name: string,
  most: number,
  read: (value: unknown, at: string) => T,
): T[] {
  if (!Array.isArray(given)) throw new Error(`${name}: must be a list, not ${showValue(given)}`);
  const { length } = given;
  if (length > most) throw new Error(`${name}: has ${length} entries; at most ${most} are read`);
  return Array.from({ length }, (_, i) => read(given[i], `${name}[${i}]`));
}

const recordOf = (given: unknown): Record<string, unknown> =>
  typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};

/** What went wrong in a plugin, whatever it threw. */
export const faultText = (cause: unknown): string =>
  shortened(messageOf(cause), LONGEST_MESSAGE) || 'no message';
