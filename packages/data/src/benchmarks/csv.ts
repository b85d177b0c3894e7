import { checkNumber, checkText } from '@spatiallock/core/checks';
import { CsvError, parse } from 'csv-parse/sync';
import { asText, decimal } from '../check.js';
import { FieldError } from '../fieldError.js';
import {
  checkReadOptions,
  DataError,
  type IssueCollector,
  issueCollector,
  type ReadOptions,
} from '../issues.js';
import {
  type BenchmarkLayout,
  type BenchmarkObject,
  benchmarkObject,
  collecting,
  layoutList,
} from './layout.js';

/** Options of `readBenchmarkCsv`. */
export interface ReadCsvOptions extends ReadOptions {
  /** Pixels of the square that boxes are given in. Default 512. */
  readonly side?: number;
}

type Row = Readonly<Record<string, string>>;

interface ReadRow {
  readonly record: Row;
  readonly info: { readonly lines: number };
}

/**
 * Reads layouts from a table with the columns `id`, `prompt`, `obj1`, `bbox1`, `obj2`, `bbox2` ... and, where there is
 * one, `category`; a box is "x0,y0,x1,y1" in pixels of a square of `side`. These are the files of 7Bench, C-Bench and O-Bench
 * (github.com/Elizzo/7Bench, github.com/lparolari/cobench). Throws a DataError that names every line at fault, unless
 * `skipBad` goes on without them; the line is the one that a row ends at.
 */
export function readBenchmarkCsv(text: string, options: ReadCsvOptions = {}): BenchmarkLayout[] {
  checkText(text, 'text', 'the text of a file');
  checkReadOptions(options, ['side']);
  const { side = 512 } = options;
  checkNumber(side, { min: 1, max: 1e6 }, 'options.side');
  const issues = issueCollector(options);
  const list = layoutList(issues);
  for (const { record, info } of rowsOf(text)) {
    const line = `line ${info.lines}`;
    collecting(issues, () => list.add(readRow(record, line, side, issues), line));
  }
  issues.finish();
  return list.layouts;
}

/** Separators of spreadsheets that are none here. */
const SEPARATORS = [
  [';', 'semicolons'],
  ['\t', 'tabs'],
] as const;

/** Throws where the first line has its columns, but no comma between them: what the parser says of it helps nobody. */
function requireCommas(text: string): void {
  const head = text.replace(/^[\uFEFF\s]+/, '').split('\n', 1)[0]!;
  const other = SEPARATORS.find(([sign]) => head.includes(sign) && !head.includes(','));
  if (other === undefined) return;
  const message = `its columns are separated by ${other[1]}; separate them by commas, and put boxes of commas into quotes`;
  throw new DataError([{ kind: 'bad', field: 'CSV', message }]);
}

function rowsOf(text: string): ReadRow[] {
  requireCommas(text);
  let rows: ReadRow[];
  try {
    rows = parse(text, { columns: true, bom: true, info: true, skip_empty_lines: true, trim: true }) as never;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new DataError([{ kind: 'bad', field: 'CSV', message: error.message }]);
  }
  const columns = Object.keys(rows[0]?.record ?? {});
  const missing = ['id', 'prompt', 'obj1', 'bbox1'].filter((name) => !columns.includes(name));
  if (missing.length === 0) return rows;
  const message =
    rows.length === 0 ? 'has no row' : `has no column ${missing.join(', ')}; name them in the first line`;
  throw new DataError([{ kind: 'bad', field: 'CSV', message }]);
}

function readRow(row: Row, line: string, side: number, issues: IssueCollector): BenchmarkLayout {
  const id = asText(row.id, `${line}: id`);
  const prompt = asText(row.prompt, `${line}: prompt`);
  const objects = Object.keys(row).flatMap((column) => {
    const number = /^obj(\d+)$/.exec(column)?.[1];
    return number === undefined ? [] : readObject(row, number, line, side, issues);
  });
  return { id, prompt, ...(row.category ? { category: row.category } : {}), objects };
}

function readObject(
  row: Row,
  number: string,
  line: string,
  side: number,
  issues: IssueCollector,
): BenchmarkObject[] {
  const [phrase = '', box = ''] = [row[`obj${number}`], row[`bbox${number}`]];
  if (phrase === '' && box === '') return [];
  const field = `${line}: bbox${number}`;
  asText(phrase, `${line}: obj${number}`);
  const corners = box
    .replace(/^[[(]|[\])]$/g, '')
    .split(',')
    .map(decimal);
  if (corners.some(Number.isNaN)) throw new FieldError(field, `"${box.slice(0, 40)}" must be x0,y0,x1,y1`);
  const object = benchmarkObject(phrase, corners, side, field, issues);
  return object === undefined ? [] : [object];
}
