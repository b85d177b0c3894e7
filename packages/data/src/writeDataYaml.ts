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
  if (!folders.has('train')) folders.set('train', `images/${splits[0]}`);
  if (!folders.has('val')) folders.set('val', `images/${splits.at(-1)}`);
  const lines = Array.from(folders, ([name, folder]) => `${name}: ${folder}\n`);
  return `${lines.join('')}names: ${JSON.stringify(labels)}\n`;
}
