// The words of a detector of our training: its labels, and other names of them.

import type { DetectorVocabulary, FileSource } from '@spatiallock/core';
import { checkObject, showValue } from '@spatiallock/core/checks';
import { decodeUtf8, parseJson, readJsonFile } from '@spatiallock/core/io';
import { labelNames, phraseMatcher } from '@spatiallock/core/pipeline';

const NAMES = 'names.json';

/**
 * The labels in config.json and, from names.json where it is there, the names that phrases call them by; without it, the
 * labels and their plain plurals.
 */
export async function readVocabulary(
  files: FileSource,
  labelsOf: (config: unknown) => readonly string[],
): Promise<Required<DetectorVocabulary>> {
  const labels = labelsOf(await readJsonFile(files, 'config.json'));
  const bytes = await files.read(NAMES);
  const names = bytes ? namesOf(parseJson(decodeUtf8(bytes, NAMES), NAMES), labels) : labelNames(labels);
  const match = phraseMatcher(names);
  return { labels, labelOf: (phrase) => match(phrase)?.label };
}

function namesOf(json: unknown, labels: readonly string[]) {
  return Object.entries(checkObject(json, NAMES)).flatMap(([label, names]) => {
    if (!labels.includes(label)) throw new Error(`${NAMES}: ${showValue(label)} is no label of config.json`);
    if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) {
      throw new Error(`${NAMES}: ${label}: must be a list of names, not ${showValue(names)}`);
    }
    return names.map((name: string) => ({ label, name }));
  });
}

/** The folder that a detector cannot do without. */
export function requireFiles(files: FileSource | undefined, title: string, holds: string): FileSource {
  if (files) return files;
  throw new Error(`${title}: needs files, a folder with ${holds}`);
}
