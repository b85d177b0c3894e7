// The layouts of a benchmark, in any form that we read.

import { extname, resolve } from 'node:path';
import { type ImageSize, type Layout, type LayoutFields, messageOf, parseLayout } from '@spatiallock/core';
import { parseJson } from '@spatiallock/core/io';
import {
  DataError,
  issueCollector,
  issueText,
  type LabelledObject,
  type ReadOptions,
  readCoco,
} from '@spatiallock/data';
import {
  type BenchmarkLayout,
  readBenchmarkCsv,
  readMig,
  readOverLayBench,
} from '@spatiallock/data/benchmarks';
import { fitsText, readJsonFile, readTextFile } from '@spatiallock/node';
import { InputError, isProgramFault, reading, refuseFaults } from '../errors.js';
import { hasLines, jsonValues } from '../jsonValues.js';

export const layoutFormats = ['csv', 'mig', 'overlaybench', 'coco', 'layouts'] as const;
export type LayoutFormat = (typeof layoutFormats)[number];

/** A layout with what is painted for it where that is more than prompt and objects, such as fields of plugins. */
export interface BenchLayout extends BenchmarkLayout {
  readonly layout?: Layout;
  /** For each object what a detector calls it, where the file says it beside a phrase of its own. */
  readonly names?: readonly string[];
  /** Pixels of the picture that was annotated. */
  readonly size?: ImageSize;
  /** COCO's crowd regions: what is seen in them is neither right nor wrong. */
  readonly crowds?: readonly LabelledObject[];
}

export interface ReadLayouts {
  readonly format: LayoutFormat;
  readonly layouts: readonly BenchLayout[];
  /** Boxes and layouts that were left out or changed, a line each. */
  readonly notes: readonly string[];
}

interface OwnOptions {
  /** Of plugins. */
  readonly fields: readonly LayoutFields[];
  /** Whether the file holds a layout a line, as its name says. */
  readonly byLine: boolean;
}

type Reader = (text: string, options: ReadOptions, own: OwnOptions) => BenchLayout[];

const readers: Readonly<Record<LayoutFormat, Reader>> = {
  csv: readBenchmarkCsv,
  mig: readMig,
  overlaybench: readOverLayBench,
  coco: readCocoImages,
  layouts: readOwn,
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
  const source = await reading(() => readSource(resolve(cwd, file), given), prefix);
  const isText = typeof source === 'string';
  const format = given ?? (await reading(() => (isText ? formatOf(file, source) : 'coco'), prefix));
  const notes: string[] = [];
  const onIssue: ReadOptions['onIssue'] = (issue) => notes.push(issueText(issue));
  try {
    const own = { fields, byLine: hasLines(file) };
    const layouts = isText
      ? readers[format](source, { onIssue, skipBad }, own)
      : readCocoImages(source, { onIssue, skipBad });
    if (layouts.length === 0) throw new InputError(`${prefix}holds no layout of the format ${format}`);
    return { format, layouts, notes };
  } catch (cause) {
    if (cause instanceof DataError) {
      const details = cause.issues.map((issue) => `${prefix}${issueText(issue)}`);
      refuseFaults(prefix, details, 'fix the file, or leave them out by --skip-bad', cause);
    }
    if (cause instanceof InputError || cause instanceof TypeError) throw cause;
    throw new InputError(`${prefix}${messageOf(cause)}`, { cause });
  }
}

/** A file's text; the value of COCO's data that are longer than a text can be, as those of LVIS. */
async function readSource(path: string, format: LayoutFormat | undefined): Promise<unknown> {
  const mayBeLong = format === undefined || format === 'coco';
  return mayBeLong && !(await fitsText(path)) ? readJsonFile(path, 'COCO data:') : readTextFile(path);
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

/** The file's value, the first of its list, or that of the first line that holds one. */
function firstValue(text: string): unknown {
  const whole = tryJson(text) ?? text.split('\n').map(tryJson).find(isFields);
  return Array.isArray(whole) ? whole[0] : whole;
}

function tryJson(text: string): unknown {
  try {
    return parseJson(text, 'it');
  } catch {
    return undefined;
  }
}

/** COCO's images. Objects are painted by their phrases, and judged by their categories, which detectors name. */
function readCocoImages(source: unknown, options: ReadOptions): BenchLayout[] {
  return readCoco(source, { ...options, crowds: true }).map((image): BenchLayout => {
    const { fileName, width, height, caption, objects, crowds } = image;
    const names = objects.map(({ label }) => label);
    return {
      id: fileName,
      prompt: caption ?? names.join(', '),
      objects: objects.map(({ label, box, phrase }) => ({ phrase: phrase ?? label, box })),
      names,
      size: { width, height },
      ...(crowds === undefined ? {} : { crowds }),
    };
  });
}

/** Our own layouts: one, a list, or one a line; their ids are their numbers from 0. */
function readOwn(text: string, options: ReadOptions, { fields, byLine }: OwnOptions): BenchLayout[] {
  const issues = issueCollector(options);
  const layouts = jsonValues(text, byLine).flatMap(({ read, where }, i): BenchLayout[] => {
    const field = where || 'the layout';
    try {
      // As a benchmark's layouts, they are painted in the model's own size.
      const { width: _, height: __, ...layout } = parseLayout(read(), ['seed'], fields);
      const { prompt, objects } = layout;
      return [{ id: String(i), prompt, objects, layout }];
    } catch (error) {
      if (isProgramFault(error)) throw error;
      issues.add({ kind: 'bad', field, message: messageOf(error) });
    }
    return [];
  });
  issues.finish();
  return layouts;
}
