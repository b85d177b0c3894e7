import { checkTexts } from './checkLabelled.js';

/**
 * The `data.yaml` of a YOLO data set as Ultralytics reads it: for each split the folder of its pictures, and the class names in
 * the order of their numbers. `path` is left out, so that Ultralytics takes the folder of the file. Splits are plain words, and
 * names stand as JSON, which is YAML.
 */
export function writeDataYaml(splits: readonly string[], labels: readonly string[]): string {
  checkTexts(splits, 'splits');
  checkTexts(labels, 'labels');
  if (splits.length === 0) throw new Error('splits: there is none; name one, such as train');
  const folders = new Map(splits.map((name) => [name, `images/${name}`]));
  // Ultralytics asks for both of these.
  if (!folders.has('train')) folders.set('train', `images/${trainingOf(splits)}`);
  if (!folders.has('val')) folders.set('val', `images/${validationOf(splits)}`);
  const lines = Array.from(folders, ([name, folder]) => `${name}: ${folder}\n`);
  return `${lines.join('')}names: ${JSON.stringify(labels)}\n`;
}

const TRAINING = /^train/i;
const VALIDATION = /^(val|dev)/i;
const TEST = /^test/i;

/** The split to train on where none is called train. */
const trainingOf = (splits: readonly string[]): string =>
  splits.find((name) => TRAINING.test(name)) ??
  splits.find((name) => !VALIDATION.test(name) && !TEST.test(name)) ??
  splits[0]!;

/** The split to validate on where none is called val; the test split stays unseen where there is another. */
function validationOf(splits: readonly string[]): string {
  const apart = splits.filter((name) => name !== trainingOf(splits));
  const untested = apart.filter((name) => !TEST.test(name));
  return splits.find((name) => VALIDATION.test(name)) ?? untested.at(-1) ?? apart.at(-1) ?? splits[0]!;
}
