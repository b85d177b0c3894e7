import { checkList, checkNumber, checkObject, checkText, checkWhole } from '@spatiallock/core/checks';

/** A part of a data set, such as "train", and its share of the layouts. */
export interface SplitShare {
  readonly name: string;
  readonly share: number;
}

/** Other keys of Ultralytics' data.yaml, and words that YAML 1.1 reads as no text. */
const TAKEN = /^(path|names|nc|kpt_shape|flip_idx|channels|download|y|n|yes|no|on|off|true|false|null)$/i;

/** Some file systems do not tell cases apart. */
const sameFolder = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/**
 * Reads "train=0.8,val=0.2": shares in proportion to each other. Throws an error that says how to write it.
 */
export function parseSplits(text: string): SplitShare[] {
  checkText(text, 'splits');
  const splits = text.split(',').map((part) => {
    const [, name, share] = /^([a-z][\w-]*)=(\d*\.?\d+)$/i.exec(part.trim()) ?? [];
    if (name === undefined || !(Number(share) > 0)) {
      throw new Error(`must be names with shares above 0, such as train=0.8,val=0.2, not ${part || 'empty'}`);
    }
    return { name, share: Number(share) };
  });
  const taken = splits.find(({ name }) => TAKEN.test(name));
  if (taken !== undefined) throw new Error(`names ${taken.name}, which means something else in a data.yaml`);
  const alike = (name: string): number => splits.findIndex((other) => sameFolder(other.name, name));
  const twice = splits.find(({ name }, i) => alike(name) < i);
  if (twice !== undefined)
    throw new Error(`names ${twice.name} twice; splits are folders, whatever their case`);
  return splits;
}

const SHARE = { min: Number.MIN_VALUE, max: Number.MAX_VALUE };

/**
 * The splits of `count` layouts: all pictures of one layout lie in one split, and among the first n layouts each split has
 * its share to within one layout.
 */
export function splitsOf(splits: readonly SplitShare[], count: number): string[] {
  for (const [i, split] of checkList(splits, 'splits', 'splits').entries()) {
    const { name, share } = checkObject(split, `splits[${i}]`);
    checkText(name, `splits[${i}].name`);
    checkNumber(share, SHARE, `splits[${i}].share`);
  }
  if (splits.length === 0) throw new Error('splits: there is none');
  checkWhole(count, { min: 0, max: 1e7 }, 'count');
  const whole = splits.reduce((sum, { share }) => sum + share, 0);
  const counts = splits.map(() => 0);
  return Array.from({ length: count }, (_, i) => {
    // The split that is furthest behind its share gets the next layout.
    const behind = splits.map(({ share }, k) => ((i + 1) * share) / whole - counts[k]!);
    const chosen = behind.indexOf(Math.max(...behind));
    counts[chosen]!++;
    return splits[chosen]!.name;
  });
}
