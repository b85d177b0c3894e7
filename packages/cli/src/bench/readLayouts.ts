// The layouts of a benchmark, in any form that we read.

import { extname, resolve } from 'node:path';
import { type Layout, type LayoutFields, messageOf, parseLayout } from '@spatiallock/core';
import { parseJson } from '@spatiallock/core/io';
import { DataError, issueText, type ReadOptions, readCoco } from '@spatiallock/data';
import {
  type BenchmarkLayout,
  readBenchmarkCsv,
  readMig,
  readOverLayBench,
} from '@spatiallock/data/benchmarks';
import { readTextFile } from '@spatiallock/node';
import { InputError, reading } from '../errors.js';

export const layoutFormats = ['csv', 'mig', 'overlaybench', 'coco', 'layouts'] as const;
export type LayoutFormat = (typeof layoutFormats)[number];

/** A layout with what is painted for it where that is more than prompt and objects, such as fields of plugins. */
export interface BenchLayout extends BenchmarkLayout {
  readonly layout?: Layout;
}

export interface ReadLayouts {
  readonly format: LayoutFormat;
  readonly layouts: readonly BenchLayout[];
  /** Boxes and layouts that were left out or changed, a line each. */
  readonly notes: readonly string[];
}

type Reader = (text: string, options: ReadOptions, fields: readonly LayoutFields[]) => BenchLayout[];

const readers: Readonly<Record<LayoutFormat, Reader>> = {
  csv: readBenchmarkCsv,
  mig: readMig,
  overlaybench: readOverLayBench,
  coco: (text, options) =>
    readCoco(text, options).map(({ fileName, caption, objects }) => ({
      id: fileName,
      prompt: caption ?? objects.map(({ label }) => label).join(', '),
      objects: objects.map(({ label, box, phrase }) => ({ phrase: phrase ?? label, box })),
    })),
  layouts: (text, _, fields) => readOwn(text, fields),
};

/**
 * Reads a benchmark's layouts; without `format` the file's extension and fields decide. Rejects with an
 * InputError that lists every fault of the file, unless `skipBad` goes on without them. `fields` are those of plugins, in layouts
 * of our own.
 */
export async function readBenchmarkLayouts(
  cwd: string,
  file: string,
  { format: given, skipBad }: { readonly format?: LayoutFormat; readonly skipBad: boolean },
  fields: readonly LayoutFields[] = [],
): Promise<ReadLayouts> {
  const prefix = `--layouts: ${file}: `;
  const text = await reading(() => readTextFile(resolve(cwd, file)), prefix);
  const format = given ?? (await reading(() => formatOf(file, text), prefix));
  const notes: string[] = [];
  const onIssue: ReadOptions['onIssue'] = (issue) => notes.push(issueText(issue));
  try {
    const layouts = readers[format](text, { onIssue, skipBad }, fields);
    if (layouts.length === 0) throw new InputError(`${prefix}holds no layout of the format ${format}`);
    return { format, layouts, notes };
  } catch (cause) {
    if (cause instanceof DataError) {
      const details = cause.issues.map((issue) => `${prefix}${issueText(issue)}`);
      const count = details.length === 1 ? 'a fault' : `${details.length} faults`;
      throw new InputError(
        `${prefix}has ${count}, see above; fix the file, or leave them out by --skip-bad`,
        {
          details,
          cause,
        },
      );
    }
    if (cause instanceof InputError || cause instanceof TypeError) throw cause;
    throw new InputError(`${prefix}${messageOf(cause)}`, { cause });
  }
}

function formatOf(file: string, text: string): LayoutFormat {
  const ending = extname(file).toLowerCase();
  if (ending === '.csv') return 'csv';
  if (ending === '.yaml' || ending === '.yml') return 'mig';
  const first = firstValue(text);
  if (isFields(first)) {
    if ('images' in first && 'annotations' in first) return 'coco';
    if ('image_id' in first && 'annotation' in first) return 'overlaybench';
    if (Object.values(first).some((value) => isFields(value) && 'segment' in value)) return 'mig';
    if ('objects' in first) return 'layouts';
  }
  throw new Error(`is of no format that is known; name it by --format ${layoutFormats.join('|')}`);
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The file's value, the first of its list, or that of its first line. */
function firstValue(text: string): unknown {
  const whole = tryJson(text) ?? tryJson(text.trim().split('\n', 1)[0]!);
  return Array.isArray(whole) ? whole[0] : whole;
}

function tryJson(text: string): unknown {
  try {
    return parseJson(text, 'it');
  } catch {
    return undefined;
  }
}

/** Our own layouts: one, a list, or one a line; their ids are their numbers from 0. */
function readOwn(text: string, fields: readonly LayoutFields[]): BenchLayout[] {
  const whole = tryJson(text);
  const values: unknown[] =
    whole === undefined
      ? text
          .split('\n')
          .filter((line) => line.trim() !== '')
          .map((line, i) => parseJson(line, `line ${i + 1}`))
      : Array.isArray(whole)
        ? whole
        : [whole];
  return values.flatMap((value, i) => {
    // Scores need pictures of one size: the model's own.
    const { width: _, height: __, ...layout } = parseLayout(value, ['seed'], fields);
    const { prompt, objects } = layout;
    return objects.length === 0 ? [] : [{ id: String(i), prompt, objects, layout }];
  });
}
