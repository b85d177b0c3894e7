// The words of a detector of our training: its labels, and other names of them.

import type { DetectorVocabulary, FileSource } from '@spatiallock/core';
import { checkNumber, checkObject, showValue } from '@spatiallock/core/checks';
import { decodeUtf8, parseJson, readJsonFile } from '@spatiallock/core/io';
import { labelNames, phraseMatcher } from '@spatiallock/core/pipeline';

const NAMES = 'names.json';
const ASPECTS = 'aspects.json';

/**
 * The labels in config.json; from names.json, where it is there, the names that phrases call them by, else the labels and
 * their plain plurals; from aspects.json, where it is there, the usual width over height of their boxes.
 */
export async function readVocabulary(
  files: FileSource,
  labelsOf: (config: unknown) => readonly string[],
): Promise<Required<DetectorVocabulary>> {
  const labels = labelsOf(await readJsonFile(files, 'config.json'));
  const [names, aspects] = [await entriesOf(files, NAMES, labels), await entriesOf(files, ASPECTS, labels)];
  const match = phraseMatcher(names ? names.flatMap(namesOf) : labelNames(labels));
  const aspectOf = new Map((aspects ?? []).map(aspectEntry));
  return {
    labels,
    labelOf: (phrase) => match(phrase)?.label,
    aspectOf: (label) => aspectOf.get(label),
  };
}

/** What a file says of each label; undefined where it is not there. */
async function entriesOf(
  files: FileSource,
  path: string,
  labels: readonly string[],
): Promise<[label: string, value: unknown][] | undefined> {
  const bytes = await files.read(path);
  if (!bytes) return undefined;
  const entries = Object.entries(checkObject(parseJson(decodeUtf8(bytes, path), path), path));
  const stranger = entries.find(([label]) => !labels.includes(label));
  if (stranger) throw new Error(`${path}: ${showValue(stranger[0])} is no label of config.json`);
  return entries;
}

function namesOf([label, names]: [label: string, value: unknown]) {
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) {
    return names.map((name: string) => ({ label, name }));
  }
  throw new Error(`${NAMES}: ${label}: must be a list of names, not ${showValue(names)}`);
}

function aspectEntry([label, aspect]: [label: string, value: unknown]): [label: string, aspect: number] {
  return [label, checkNumber(aspect, ASPECT, `${ASPECTS}: ${label}`)];
}

const ASPECT = { min: 0.01, max: 100 };

/** The folder that a detector cannot do without. */
export function requireFiles(files: FileSource | undefined, title: string, holds: string): FileSource {
  if (files) return files;
  throw new Error(`${title}: needs files, a folder with ${holds}`);
}
