// The layouts of a data set: a list, a specification, or those of somebody's COCO file.

import { resolve } from 'node:path';
import { type Layout, type LayoutFields, MAX_OBJECTS, messageOf, parseLayout } from '@spatiallock/core';
import { checkWords, labelNames, phraseMatcher } from '@spatiallock/core/pipeline';
import {
  DataError,
  type DataIssue,
  drawLayout,
  issueText,
  type LabelledImage,
  parseSpecification,
  readCoco,
} from '@spatiallock/data';
import { readTextFile } from '@spatiallock/node';
import { labelOf } from '@spatiallock/scenes';
import { largestObjects } from '@spatiallock/training';
import { InputError, reading, refuseFaults } from '../errors.js';
import { listedValues } from '../jsonValues.js';

export { refuseFaults } from '../errors.js';

export interface DatasetLayout {
  readonly layout: Layout;
  /** For each object the class that labels name it by. */
  readonly labels: readonly string[];
  /** Where it stands, for messages: "line 3". */
  readonly where: string;
}

export interface DatasetSource {
  readonly flag: '--layouts' | '--spec' | '--coco';
  readonly file: string;
}

/** What a class is called where nothing says so: the scenes' label, or the phrase without its article. */
export const plainLabel = (phrase: string): string =>
  labelOf(phrase) ?? phrase.replace(/^(an?|the|one|two|three|four|five|six)\s+/i, '').trim();

interface LayoutReading {
  /** The classes that phrases may name. */
  readonly labels?: readonly string[];
  /** That the model knows, where that can be told at once. */
  readonly words?: readonly string[];
  /** Of plugins, in a list of layouts. */
  readonly fields: readonly LayoutFields[];
  /** Called for what is left out of a COCO file, or cut off. */
  readonly onIssue?: OnIssue;
}

type OnIssue = (issue: DataIssue) => void;

/** Reads all layouts. Rejects with an InputError that has a line for each fault of the file. */
export async function readDatasetLayouts(
  cwd: string,
  { flag, file }: DatasetSource,
  options: LayoutReading,
): Promise<DatasetLayout[]> {
  const prefix = `${flag}: ${file}: `;
  const text = await reading(() => readTextFile(resolve(cwd, file)), prefix);
  const layouts = await reading(() => readers[flag](text, prefix, options), prefix);
  if (layouts.length === 0) throw new InputError(`${prefix}holds no layout with an object`);
  return layouts;
}

type Reader = (text: string, prefix: string, options: LayoutReading) => DatasetLayout[];

const readers: Readonly<Record<DatasetSource['flag'], Reader>> = {
  '--layouts': readList,
  '--spec': readSpecification,
  '--coco': readCocoLayouts,
};

function readList(
  text: string,
  prefix: string,
  { labels: known, words, fields }: LayoutReading,
): DatasetLayout[] {
  const match = known && phraseMatcher(labelNames(known));
  const faults: string[] = [];
  const layouts = listedValues(text).flatMap(({ read, where }): DatasetLayout[] => {
    try {
      const layout = parseLayout(read(), [], fields);
      if (layout.objects.length === 0) throw new Error('objects: is empty; a data set needs labels');
      const labels = layout.objects.map(({ phrase }, i) => {
        const label = match ? match(phrase)?.label : plainLabel(phrase);
        if (label !== undefined) return label;
        throw new Error(`objects[${i}].phrase: "${phrase}" names none of the classes of --classes`);
      });
      if (words) checkWords(layout, words);
      return [{ layout, labels, where }];
    } catch (error) {
      faults.push(`${prefix}${where}: ${messageOf(error)}`);
      return [];
    }
  });
  refuseFaults(prefix, faults);
  return layouts;
}

function readSpecification(text: string): DatasetLayout[] {
  const specification = parseSpecification(text);
  return Array.from({ length: specification.count }, (_, i) => {
    const { prompt, objects } = drawLayout(specification, i);
    return {
      layout: { prompt, objects: objects.map(({ phrase, box }) => ({ phrase, box })) },
      labels: objects.map(({ label }) => label),
      where: `layout ${i}`,
    };
  });
}

function readCocoLayouts(
  text: string,
  prefix: string,
  { onIssue = () => undefined }: LayoutReading,
): DatasetLayout[] {
  const faults: string[] = [];
  const layouts = cocoImages(text, prefix, onIssue).flatMap((image): DatasetLayout[] => {
    if (image.objects.length === 0) return [];
    try {
      return [layoutOfImage(image, onIssue)];
    } catch (error) {
      faults.push(`${prefix}${image.fileName}: ${messageOf(error)}`);
      return [];
    }
  });
  refuseFaults(prefix, faults);
  return layouts;
}

/** What is left out or cut off is reported by `onIssue`; what is bad throws an InputError with a line for each. */
function cocoImages(text: string, prefix: string, onIssue: OnIssue): LabelledImage[] {
  try {
    return readCoco(text, {
      onIssue: (issue) => {
        if (issue.kind !== 'bad') onIssue(issue);
      },
    });
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    refuseFaults(
      prefix,
      error.issues.map((issue) => `${prefix}${issueText(issue)}`),
    );
    throw error;
  }
}

function layoutOfImage({ fileName, caption, objects }: LabelledImage, onIssue: OnIssue): DatasetLayout {
  const kept = largestObjects(objects);
  for (const object of objects) {
    if (kept.includes(object)) continue;
    const message = `this ${object.label} is among the smallest; at most ${MAX_OBJECTS} objects fit a layout`;
    onIssue({ kind: 'leftOut', field: fileName, message });
  }
  const named = kept.map(({ label, phrase, box }) => ({ phrase: phrase ?? withArticle(label), box }));
  const prompt = caption ?? named.map(({ phrase }) => phrase).join(' and ');
  return {
    layout: parseLayout({ prompt, objects: named }),
    labels: kept.map(({ label }) => label),
    where: fileName,
  };
}

const withArticle = (label: string): string => `${/^[aeiou]/i.test(label) ? 'an' : 'a'} ${label}`;
