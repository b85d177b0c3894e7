import { checkText } from '@spatiallock/core/checks';
import { parseJson } from '@spatiallock/core/io';
import { asFields, asId, asList, asNumber, asText, type Fields } from '../check.js';
import { FieldError } from '../fieldError.js';
import { checkReadOptions, type IssueCollector, issueCollector, type ReadOptions } from '../issues.js';
import { type BenchmarkLayout, benchmarkObject, collecting, layoutList } from './layout.js';

/** Pixels of the square that OverLayBench's boxes are given in. */
const SIDE = 1024;

const CONVERT =
  'is text of Python; convert it with json.dumps({"image_id": row["image_id"], "annotation": ast.literal_eval(row["annotation"])})';

/**
 * Reads OverLayBench's layouts (github.com/mlpc-ucsd/OverLayBench, data set cywang143/OverLayBench_Eval) from rows in a JSON
 * list or one a line: `image_id`, and `annotation` with `caption`, `annotations` (names with `bbox` in pixels of 1024 and
 * `category`) and `valid_overlap` (`overlap_box`: two indices). The parquet files of the data set hold annotations as text of
 * Python, which has to be converted. An object's phrase is its category, which the benchmark looks for. Throws a DataError that
 * names every row at fault, unless `skipBad` goes on without them.
 */
export function readOverLayBench(text: string, options: ReadOptions = {}): BenchmarkLayout[] {
  checkText(text, 'text', 'the text of a file');
  checkReadOptions(options);
  const issues = issueCollector(options);
  const list = layoutList(issues);
  for (const { row, field } of rowsOf(text)) {
    collecting(issues, () => list.add(readRow(asFields(row(), field), field, issues), field));
  }
  issues.finish();
  return list.layouts;
}

interface Found {
  readonly field: string;
  row(): unknown;
}

function rowsOf(text: string): Found[] {
  if (/^\uFEFF?\s*\[/.test(text)) {
    const rows = asList(parseJson(text, 'OverLayBench:'), 'OverLayBench');
    return rows.map((row, i) => ({ field: `[${i}]`, row: () => row }));
  }
  return text.split('\n').flatMap((line, i) => {
    const field = `line ${i + 1}`;
    return line.trim() === '' ? [] : [{ field, row: () => parsed(line, field) }];
  });
}

function parsed(text: string, field: string, otherwise = 'is not JSON'): unknown {
  try {
    return parseJson(text, field);
  } catch {
    throw new FieldError(field, otherwise);
  }
}

function readRow(row: Fields, field: string, issues: IssueCollector): BenchmarkLayout {
  const at = `${field}: annotation`;
  const { annotation } = row;
  const value = typeof annotation === 'string' ? parsed(annotation, at, CONVERT) : annotation;
  const { caption, annotations, valid_overlap } = asFields(value, at);
  const entries = Object.entries(asFields(annotations, `${at}.annotations`));
  const places = new Map<number, number>();
  const objects = entries.flatMap(([name, entry], i) => {
    const path = `${at}.annotations.${name.slice(0, 40)}`;
    const { bbox, category } = asFields(entry, path);
    const corners = asList(bbox, `${path}.bbox`).map((corner, k) => asNumber(corner, `${path}.bbox[${k}]`));
    const phrase = asText(category, `${path}.category`);
    const object = benchmarkObject(phrase, corners, SIDE, `${path}.bbox`, issues);
    if (object === undefined) return [];
    places.set(i, places.size);
    return [object];
  });
  const overlaps =
    valid_overlap === undefined ? undefined : readOverlaps(valid_overlap, at, entries.length, places);
  return {
    id: asId(row.image_id, `${field}: image_id`),
    prompt: asText(caption, `${at}.caption`),
    objects,
    ...(overlaps === undefined ? {} : { overlaps }),
  };
}

/** Pairs of objects; those with an object that was left out are left out with it. */
function readOverlaps(
  value: unknown,
  at: string,
  count: number,
  places: ReadonlyMap<number, number>,
): [number, number][] {
  return asList(value, `${at}.valid_overlap`).flatMap((entry, i) => {
    const field = `${at}.valid_overlap[${i}].overlap_box`;
    const pair = asList(asFields(entry, `${at}.valid_overlap[${i}]`).overlap_box, field);
    const [a, b] = pair.map((index, k) => asNumber(index, `${field}[${k}]`));
    const whole = [a, b].every((index) => Number.isInteger(index) && index! >= 0 && index! < count);
    if (pair.length !== 2 || !whole) {
      throw new FieldError(field, `must be two indices in 0..${count - 1}`);
    }
    const [first, second] = [places.get(a!), places.get(b!)];
    return first === undefined || second === undefined ? [] : [[first, second] as [number, number]];
  });
}
