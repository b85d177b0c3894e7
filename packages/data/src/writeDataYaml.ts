import { stringify } from 'yaml';

/**
 * The `data.yaml` of a YOLO data set as Ultralytics reads it: its folder, for each split the folder of its pictures, and the
 * class names in the order of their numbers. `path` is left out, so that Ultralytics takes the folder of the file.
 */
export function writeDataYaml(splits: readonly string[], labels: readonly string[]): string {
  const folders = Object.fromEntries(splits.map((name) => [name, `images/${name}`]));
  // Ultralytics asks for both of these.
  const required = {
    train: folders.train ?? folders[splits[0]!],
    val: folders.val ?? folders[splits.at(-1)!],
  };
  return stringify({
    ...required,
    ...folders,
    names: [...labels],
  });
}
