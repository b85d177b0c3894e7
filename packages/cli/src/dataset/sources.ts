// The layouts of a data set: a list, a specification, or those of somebody's COCO file.

import { resolve } from 'node:path';
import { type Layout, type LayoutFields, MAX_OBJECTS, messageOf, parseLayout } from '@spatiallock/core';
import {
  checkWords,
  inKnownSpelling,
  labelNames,
  phraseMatcher,
  withArticle,
} from '@spatiallock/core/pipeline';
import {
  type DataIssue,
  drawLayout,
  issueText,
  type LabelledImage,
  parseSpecification,
  readCoco,
  type Specification,
} from '@spatiallock/data';
import { readJsonFile, readTextFile } from '@spatiallock/node';
import { labelOf } from '@spatiallock/scenes';
import { largestObjects } from '@spatiallock/training';
import { InputError, reading, refuseFaults } from '../errors.js';
import { before, hasLines, jsonValues, listedValues } from '../jsonValues.js';

export interface DatasetLayout {
  readonly layout: Layout;
  /** For each object the class that labels name it by. */
  readonly labels: readonly string[];
  /** Where it stands, for messages: "line 3". */
  readonly where: string;
  /** Its place among the layouts of its file, from 0; those at fault count. */
  readonly index: number;
  /** Name of the picture whose boxes these are, in a COCO file. */
  readonly source?: string;
}

/** A fault of one layout, and that layout's place. */
export interface LayoutFault {
  readonly index: number;
  /** `line 3: objects[0].box: ...` */
  readonly text: string;
}

/** What a file of layouts holds. */
export interface DatasetInput {
  readonly layouts: readonly DatasetLayout[];
  readonly faults: readonly LayoutFault[];
  /** What its user should know: objects that found no room. */
  readonly notes: readonly string[];
  /** Before messages: `--layouts: list.jsonl: `. */
  readonly prefix: string;
}

export interface DatasetSource {
  readonly flag: '--layouts' | '--spec' | '--coco';
  readonly file: string;
}

/** What a class is called where nothing says so: as it was taught, the scenes' label, or the phrase without its article. */
const plainLabel = (phrase: string, taught: (phrase: string) => string | undefined): string =>
  taught(phrase) ??
  labelOf(phrase) ??
  phrase.replace(/^(an?|the|one|two|three|four|five|six)\s+/i, '').trim();

interface LayoutReading {
  /** The classes that phrases may name. */
  readonly labels?: readonly string[];
  /** Names of what the model was taught, where that can be told at once: no other class is found in them. */
  readonly taught?: readonly string[];
  /** That the model knows, where that can be told at once. */
  readonly words?: readonly string[];
  /** Of plugins, in a list of layouts. */
  readonly fields: readonly LayoutFields[];
  /** Called for what is left out of a COCO file, or cut off. */
  readonly onIssue?: OnIssue;
}

type OnIssue = (issue: DataIssue) => void;

/** Reads all layouts, of which some may have no object. Rejects with an InputError where the file as a whole cannot be read, or none has one. */
export async function readDatasetLayouts(
  cwd: string,
  { flag, file }: DatasetSource,
  options: LayoutReading,
): Promise<DatasetInput> {
  const prefix = `${flag}: ${file}: `;
  const path = resolve(cwd, file);
  const found = await reading(() => readers[flag](path, { ...options, byLine: hasLines(file) }), prefix);
  const hasObjects = found.layouts.some(({ labels }) => labels.length > 0);
  refuseLayouts(prefix, hasObjects ? [] : found.faults);
  if (!hasObjects) throw new InputError(`${prefix}holds no layout with an object`);
  return { ...found, prefix };
}

/** `byLine`: by its name, the file has a layout a line. */
type Reading = LayoutReading & { readonly byLine: boolean };

type Reader = (path: string, options: Reading) => Promise<Omit<DatasetInput, 'prefix'>>;

const readers: Readonly<Record<DatasetSource['flag'], Reader>> = {
  '--layouts': readList,
  '--spec': readSpecification,
  '--coco': readCocoLayouts,
};

/** Throws an InputError that has a line for each of these faults, in the order of the layouts. */
export function refuseLayouts(prefix: string, faults: readonly LayoutFault[]): void {
  const ordered = [...faults].sort((a, b) => a.index - b.index);
  refuseFaults(
    prefix,
    ordered.map(({ text }) => `${prefix}${text}`),
  );
}

async function readList(
  path: string,
  { labels: known, taught = [], words, fields, byLine }: Reading,
): ReturnType<Reader> {
  const match = known && phraseMatcher(labelNames(known));
  const taughtMatch = phraseMatcher(labelNames(taught));
  const values = byLine ? await listedValues(path) : jsonValues(await readTextFile(path), false);
  const faults: LayoutFault[] = [];
  const layouts = values.flatMap(({ read, where }, index): DatasetLayout[] => {
    try {
      const layout = parseLayout(read(), [], fields);
      const labels = layout.objects.map(({ phrase }, i) => {
        const label = match ? match(phrase)?.label : plainLabel(phrase, (each) => taughtMatch(each)?.label);
        if (label !== undefined) return label;
        throw new Error(`objects[${i}].phrase: "${phrase}" names none of the classes of --classes`);
      });
      if (words) checkWords(inKnownSpelling(layout, words), words);
      return [{ layout, labels, where, index }];
    } catch (error) {
      faults.push({ index, text: `${before(where)}${messageOf(error)}` });
      return [];
    }
  });
  return { layouts, faults, notes: [] };
}

async function readSpecification(path: string, { words }: Reading): ReturnType<Reader> {
  const specification = parseSpecification(await readTextFile(path));
  const faults = words ? unknownWordsOf(specification, words) : [];
  if (faults.length > 0) return { layouts: [], faults, notes: [] };
  const drawn = Array.from({ length: specification.count }, (_, i) => drawLayout(specification, i));
  const without = drawn.reduce((sum, each) => sum + each.withoutRoom, 0);
  const layouts = drawn.map(
    ({ prompt, objects }, index): DatasetLayout => ({
      layout: { prompt, objects: objects.map(({ phrase, box }) => ({ phrase, box })) },
      labels: objects.map(({ label }) => label),
      where: `layout ${index}`,
      index,
    }),
  );
  const advice = 'raise overlap, or make size or objects smaller';
  const objects = without === 1 ? 'object of the layouts finds' : 'objects of the layouts find';
  const notes = without === 0 ? [] : [`${without} ${objects} no room and are left out; ${advice}`];
  return { layouts, faults, notes };
}

/** The texts of a specification that hold words which the model does not know. */
function unknownWordsOf(
  { classes, captions, backgrounds }: Specification,
  words: readonly string[],
): LayoutFault[] {
  const texts = [
    ...classes.flatMap(({ label, phrases }) => phrases.map((text) => ({ where: `classes.${label}`, text }))),
    ...captions.map((text, i) => ({ where: `captions[${i}]`, text: text.replace(/\{[^}]*\}/g, ' ') })),
    ...backgrounds.map((text, i) => ({ where: `backgrounds[${i}]`, text })),
  ];
  return texts.flatMap(({ where, text }, index): LayoutFault[] => {
    try {
      checkWords(inKnownSpelling({ prompt: text, objects: [] }, words), words);
      return [];
    } catch (error) {
      return [{ index, text: `${where}: ${messageOf(error).replace(/^prompt: /, '')}` }];
    }
  });
}

async function readCocoLayouts(path: string, { onIssue = () => undefined }: Reading): ReturnType<Reader> {
  const faults: LayoutFault[] = [];
  const images = readCoco(await readJsonFile(path, 'COCO data:'), {
    skipBad: true,
    onIssue: (issue) => {
      if (issue.kind === 'bad') faults.push({ index: -1, text: issueText(issue) });
      else onIssue(issue);
    },
  });
  const filled = images.filter(({ objects }) => objects.length > 0);
  const layouts = filled.flatMap((image, index): DatasetLayout[] => {
    try {
      return [{ ...layoutOfImage(image, onIssue), index }];
    } catch (error) {
      faults.push({ index, text: `${image.fileName}: ${messageOf(error)}` });
      return [];
    }
  });
  const empty = images.length - filled.length;
  const pictures = empty === 1 ? 'picture of the file has' : 'pictures of the file have';
  const notes =
    empty === 0 ? [] : [`${empty} ${pictures} no box that counts, and no picture is painted for it`];
  return { layouts, faults, notes };
}

function layoutOfImage(
  { fileName, caption, objects }: LabelledImage,
  onIssue: OnIssue,
): Omit<DatasetLayout, 'index'> {
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
    source: fileName,
  };
}
