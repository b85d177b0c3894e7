// Which pictures are kept from training.

import type { LabelledImage } from '@spatiallock/data';

/** A picture of a file, with what it shows. */
interface FilePicture {
  readonly file: string;
  readonly objects: readonly Pick<LabelledImage['objects'][number], 'label'>[];
}

/**
 * The files of the first pictures that are held out, `share` of all: at least one where a share is asked for, and never all. One
 * that is the last with some category is passed over, for what is not trained on is not learnt; fewer may be left.
 */
export function heldOutFiles(pictures: readonly FilePicture[], share: number): ReadonlySet<string> {
  const labelsOf = new Map<string, Set<string>>();
  for (const { file, objects } of pictures) {
    const labels = labelsOf.get(file) ?? new Set();
    labelsOf.set(file, labels);
    for (const { label } of objects) labels.add(label);
  }
  const left = new Map<string, number>();
  for (const labels of labelsOf.values())
    for (const label of labels) left.set(label, (left.get(label) ?? 0) + 1);
  const wanted = heldOut(labelsOf.size, share);
  const held = new Set<string>();
  for (const [file, labels] of labelsOf) {
    if (held.size === wanted) break;
    if ([...labels].some((label) => left.get(label) === 1)) continue;
    held.add(file);
    for (const label of labels) left.set(label, left.get(label)! - 1);
  }
  return held;
}

/** At least one picture is held out where a share is asked for and two are there; one always trains. */
function heldOut(count: number, share: number): number {
  return share === 0 ? 0 : Math.max(0, Math.min(count - 1, Math.max(1, Math.round(share * count))));
}
