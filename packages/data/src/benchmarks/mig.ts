import { checkText } from '@spatiallock/core/checks';
import { parseJson } from '@spatiallock/core/io';
import { parse, YAMLParseError } from 'yaml';
import { asFields, asId, asList, asNumber, asText } from '../check.js';
import { FieldError } from '../fieldError.js';
import {
  checkReadOptions,
  DataError,
  type IssueCollector,
  issueCollector,
  type ReadOptions,
  shortText,
} from '../issues.js';
import {
  type BenchmarkLayout,
  type BenchmarkObject,
  benchmarkObject,
  collecting,
  layoutList,
} from './layout.js';

/**
 * Reads COCO-MIG's layouts: mig_bench_anno.yaml of github.com/limuloo/MIGC, a mapping of prompts to phrases with their boxes
 * (fractions) and `coco_id`; or the JSON of its evaluation, ids with `caption` and `segment`, a list of `label` and `bbox`.
 * Throws a DataError that names every layout at fault, unless `skipBad` goes on without them.
 */
export function readMig(text: string, options: ReadOptions = {}): BenchmarkLayout[] {
  checkText(text, 'text', 'the text of a file');
  checkReadOptions(options);
  const issues = issueCollector(options);
  const list = layoutList(issues);
  for (const [key, value] of Object.entries(asFields(parsed(text), 'COCO-MIG'))) {
    const field = shortText(key);
    collecting(issues, () => {
      const fields = asFields(value, field);
      const layout =
        'segment' in fields ? readSegments(key, fields, issues) : readPhrases(key, fields, issues);
      list.add(layout, field);
    });
  }
  issues.finish();
  return list.layouts;
}

function parsed(text: string): unknown {
  if (/^\uFEFF?\s*\{/.test(text)) return parseJson(text, 'COCO-MIG:');
  try {
    return parse(text.replace(/^\uFEFF/, ''), { maxAliasCount: 0, logLevel: 'error' });
  } catch (error) {
    if (!(error instanceof YAMLParseError || error instanceof ReferenceError)) throw error;
    throw new DataError([{ kind: 'bad', field: 'COCO-MIG', message: error.message.split('\n')[0]! }]);
  }
}

type Fields = ReturnType<typeof asFields>;

function readPhrases(prompt: string, fields: Fields, issues: IssueCollector): BenchmarkLayout {
  const { coco_id: id, ...phrases } = fields;
  const field = shortText(prompt);
  const objects = Object.entries(phrases).flatMap(([phrase, boxes]) =>
    asList(boxes, `${field}: ${shortText(phrase)}`).flatMap((box, i) =>
      objectOf(phrase, box, `${field}: ${shortText(phrase)}[${i}]`, issues),
    ),
  );
  return { id: asId(id, `${field}: coco_id`), prompt, objects };
}

function readSegments(id: string, { caption, segment }: Fields, issues: IssueCollector): BenchmarkLayout {
  const field = shortText(id);
  const objects = asList(segment, `${field}: segment`).flatMap((entry, i) => {
    const { label, bbox } = asFields(entry, `${field}: segment[${i}]`);
    const name = asText(label, `${field}: segment[${i}].label`);
    return objectOf(name, bbox, `${field}: segment[${i}].bbox`, issues);
  });
  return { id, prompt: asText(caption, `${field}: caption`), objects };
}

function objectOf(phrase: string, box: unknown, field: string, issues: IssueCollector): BenchmarkObject[] {
  const corners = asList(box, field).map((corner, i) => asNumber(corner, `${field}[${i}]`));
  if (corners.some((corner) => corner < -1 || corner > 2)) {
    throw new FieldError(field, 'must be fractions of the picture, 0..1');
  }
  const object = benchmarkObject(phrase, corners, 1, field, issues);
  return object === undefined ? [] : [object];
}
