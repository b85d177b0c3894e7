import { FieldError } from '../fieldError.js';
import type { IssueCollector } from '../issues.js';
import { fittedBox } from '../labelled.js';

/** A layout of a public benchmark. */
export interface BenchmarkLayout {
  /** As the benchmark has it; unique within its file. */
  readonly id: string;
  readonly prompt: string;
  /** The benchmark's own kind of task, where it has one. */
  readonly category?: string;
  readonly objects: readonly BenchmarkObject[];
  /** Pairs of objects, by index, whose common area the benchmark judges, where it names them. */
  readonly overlaps?: readonly (readonly [number, number])[];
}

/** An object of a benchmark's layout; its box is in fractions of the picture. */
export interface BenchmarkObject {
  /** As the benchmark names it: "a blue cat". */
  readonly phrase: string;
  readonly box: readonly [x0: number, y0: number, x1: number, y1: number];
}

/** A box over the edge by less, in fractions of the side, is cut without a word. */
const ROUNDING = 0.01;

/**
 * An object of corners in a square of `side`; undefined, and an issue, where its box has no area inside. Throws a FieldError
 * where pixels are wanted and the box is within one: those are fractions.
 */
export function benchmarkObject(
  phrase: string,
  corners: readonly number[],
  side: number,
  field: string,
  issues: IssueCollector,
): BenchmarkObject | undefined {
  if (corners.length !== 4) {
    throw new FieldError(field, `must be four numbers x0, y0, x1, y1, is ${corners.length}`);
  }
  const [x0, y0, x1, y1] = corners as [number, number, number, number];
  const within = Math.max(x1, y1) <= 1 || Math.max(x1 - x0, y1 - y0) < 1;
  if (side > 1 && x1 > x0 && y1 > y0 && within) {
    throw new FieldError(
      field,
      `the box [${corners.join(', ')}] lies within a pixel; boxes are pixels of ${side}, no fractions`,
    );
  }
  const fitted = fittedBox(corners as [number, number, number, number], side, side, ROUNDING * side);
  if (fitted.box === undefined) {
    issues.add({ kind: 'leftOut', field, message: fitted.leftOut });
    return undefined;
  }
  if (fitted.clipped !== undefined) issues.add({ kind: 'clipped', field, message: fitted.clipped });
  return { phrase, box: fitted.box };
}

/** Adds a layout; one without an object is left out, and an id that is there already is bad. */
export function layoutList(issues: IssueCollector) {
  const layouts: BenchmarkLayout[] = [];
  const ids = new Set<string>();
  return {
    layouts,
    add(layout: BenchmarkLayout, field: string): void {
      const { id, objects } = layout;
      if (ids.has(id))
        throw new FieldError(field, `the id ${id.slice(0, 40)} is there already; ids must differ`);
      ids.add(id);
      if (objects.length > 0) layouts.push(layout);
      else issues.add({ kind: 'leftOut', field, id, message: 'the layout has no object' });
    },
  };
}

/** Runs a reader; what it cannot understand becomes an issue. */
export function collecting(issues: IssueCollector, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    issues.add({ kind: 'bad', ...error.issue });
  }
}
