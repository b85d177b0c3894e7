// Pictures that look the same, by their difference hashes.

import { checkList, checkText, checkWhole, showValue } from '@spatiallock/core/checks';

/** Hexadecimal digits of a hash, which has 4 bits in each. */
const DIGITS = 64;
/** Bands of fewer digits are shared by too many hashes to be worth an index. */
const LEAST_DIGITS = 2;

/**
 * For each hash the index of the first earlier one that differs in at most `most` of 256 bits, and is none's duplicate
 * itself; undefined for those without one.
 */
export function nearDuplicates(hashes: readonly string[], most = 8): (number | undefined)[] {
  const texts = checkList(hashes, 'hashes', 'texts').map((hash, i) => checkHash(hash, `hashes[${i}]`));
  const find = duplicateFinder(most);
  return texts.map((hash) => find(hash));
}

/**
 * `nearDuplicates` a hash at a time, for sets so large that other work has to go on meanwhile: each call of what it returns takes the
 * next hash, and gives the index of its original, counted from the first call, or undefined.
 */
export function duplicateFinder(most = 8): (hash: string) => number | undefined {
  checkWhole(most, { min: 0, max: 4 * DIGITS }, 'most');
  const index = (most + 1) * LEAST_DIGITS > DIGITS ? listOfAll() : bandIndex(most + 1);
  const originals = new Map<number, Uint8Array>();
  let calls = 0;
  return (given) => {
    const hash = checkHash(given, 'hash').toLowerCase();
    const [own, bytes] = [calls++, bytesOf(hash)];
    let original: number | undefined;
    for (const candidates of index.candidates(hash)) {
      // They stand in their order: of each list only the first one may be the first of all.
      for (const each of candidates) {
        if (original !== undefined && each >= original) break;
        if (isWithin(originals.get(each)!, bytes, most)) original = each;
      }
    }
    if (original !== undefined) return original;
    originals.set(own, bytes);
    index.add(hash, own);
    return undefined;
  };
}

interface HashIndex {
  /** Lists of earlier hashes, in their order, among which are all that may be near. */
  candidates(hash: string): readonly (readonly number[])[];
  add(hash: string, index: number): void;
}

function listOfAll(): HashIndex {
  const all: number[] = [];
  return { candidates: () => [all], add: (_, index) => void all.push(index) };
}

/**
 * Hashes that differ in fewer bits than there are bands share a band at least. The digits of a band lie apart, as those of a plain
 * part of a picture are all alike.
 */
function bandIndex(count: number): HashIndex {
  const bands = Array.from({ length: count }, () => new Map<string, number[]>());
  const keysOf = (hash: string): string[] => {
    const keys = new Array<string>(count).fill('');
    for (let i = 0; i < DIGITS; i++) keys[i % count] += hash[i]!;
    return keys;
  };
  return {
    candidates: (hash) =>
      keysOf(hash).flatMap((key, band) => {
        const found = bands[band]!.get(key);
        return found === undefined ? [] : [found];
      }),
    add(hash, index) {
      for (const [band, key] of keysOf(hash).entries()) {
        const found = bands[band]!.get(key);
        if (found === undefined) bands[band]!.set(key, [index]);
        else found.push(index);
      }
    },
  };
}

function checkHash(given: unknown, path: string): string {
  const hash = checkText(given, path);
  if (/^[\da-f]{64}$/i.test(hash)) return hash;
  throw new Error(
    `${path}: must be ${DIGITS} hexadecimal digits, as differenceHash gives, not ${showValue(hash)}`,
  );
}

const bytesOf = (hash: string): Uint8Array =>
  Uint8Array.from({ length: DIGITS / 2 }, (_, i) => Number.parseInt(hash.slice(2 * i, 2 * i + 2), 16));

const ones = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

function isWithin(a: Uint8Array, b: Uint8Array, most: number): boolean {
  let different = 0;
  for (let i = 0; i < a.length; i++) {
    different += ones[a[i]! ^ b[i]!]!;
    if (different > most) return false;
  }
  return true;
}
