// Reads the fields of a config.json; every error names the class, the field and how to fix it.

import type { NumberRange } from '../checks/checkNumber.js';
import { showValue } from '../checks/showValue.js';

/** The largest width of a layer, and of any size for which no other is said. */
const MOST = 16_384;
/** The most levels that a list may have. */
const MOST_LEVELS = 16;
/** The most names of a list, such as a detector's labels. */
const MOST_NAMES = 10_000;
/** The most layers, blocks or transformers of one place. */
export const MOST_LAYERS = 128;
/** For epsilons of normalisations. */
export const EPSILON = { min: 0, max: 1 };
/** For what latents are divided by. */
export const SCALING = { min: 1e-6, max: 1e6 };

/**
 * The fields of one config.json. A field that is absent or null takes its default; every number has a range, 16,384 at
 * most where no other is given, for a network is built of what they say.
 */
export interface ConfigReader {
  readonly title: string;
  /** A whole number of `least`..`most`; default 1..16384. */
  integer(name: string, fallback: number, least?: number, most?: number): number;
  /** A whole number, or undefined where the field is null or absent. */
  optionalInteger(name: string): number | undefined;
  /** One positive integer or a list of them as a list, of `length` entries where that is given; null if absent. */
  optionalIntegers(name: string, length: number | undefined): readonly number[] | null;
  /** Within -1e6..1e6 where no range is given. */
  number(name: string, fallback: number, range?: NumberRange): number;
  /** true or false. */
  boolean(name: string, fallback: boolean): boolean;
  /** A string out of a list. */
  oneOf<const T extends string>(name: string, choices: readonly T[], fallback: T): T;
  /** At most 16 positive whole numbers. */
  integers(name: string, fallback: readonly number[], most?: number): readonly number[];
  /** A list of strings. */
  strings(name: string, fallback: readonly string[]): readonly string[];
  /** One integer for all levels, or a list with one for each. */
  integerPerLevel(name: string, levels: number, fallback: number, most?: number): readonly number[];
  /** true or false for each of `levels` levels; one value stands for all. */
  booleanPerLevel(name: string, levels: number, fallback: boolean): readonly boolean[];
  /** Whether the field is null. */
  isNull(name: string): boolean;
  /** Refuses settings that this library has no code for: each field must be absent, null or the given value. */
  unsupportedUnless(values: Readonly<Record<string, unknown>>): void;
  /** Throws an error that names the file and the field. */
  fail(name: string, reason: string): never;
}

/** Opens a parsed config.json of the class `className`; throws if it is no object or names another class. */
export function configReader(json: unknown, className: string): ConfigReader {
  const title = `${className} config`;
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Error(`${title}: must be an object, as in diffusers' config.json`);
  }
  const fields = json as Readonly<Record<string, unknown>>;
  const given = fields._class_name;
  if (given !== undefined && given !== className) {
    throw new Error(`${title}: _class_name is ${showValue(given)}; this reads ${className} only`);
  }
  return readerOf(title, fields);
}

function readerOf(title: string, fields: Readonly<Record<string, unknown>>): ConfigReader {
  const fail = (name: string, reason: string): never => {
    throw new Error(`${title}: ${name}: ${reason}`);
  };
  const read = <T>(name: string, fallback: T, wanted: string, fits: (value: unknown) => boolean): T => {
    const value = fields[name] ?? fallback;
    return fits(value) ? (value as T) : fail(name, `must be ${wanted}, not ${showValue(value)}`);
  };
  const perLevel = <T>(
    name: string,
    levels: number,
    fallback: T,
    wanted: string,
    fits: (v: unknown) => boolean,
  ) => {
    const value = read<T | readonly T[]>(name, fallback, `${wanted}, or a list of one for each level`, (v) =>
      Array.isArray(v) ? Array.from(v).every(fits) : fits(v),
    );
    if (!isList(value)) return Array.from({ length: levels }, () => value);
    return value.length === levels ? value : fail(name, `has ${value.length} entries for ${levels} levels`);
  };
  const list = <T>(
    name: string,
    fallback: readonly T[],
    wanted: string,
    fits: (v: unknown) => boolean,
    most = MOST_LEVELS,
  ) =>
    read(
      name,
      fallback,
      `a list of 1 to ${most} ${wanted}`,
      (v) => Array.isArray(v) && v.length > 0 && v.length <= most && Array.from(v).every(fits),
    );
  return {
    title,
    fail,
    isNull: (name) => fields[name] === null,
    integer: (name, fallback, least = 1, most = MOST) =>
      read(name, fallback, `a whole number in ${least}..${most}`, (v) => isWhole(v, least, most)),
    optionalInteger: (name) =>
      read<number | undefined>(
        name,
        undefined,
        `a whole number in 1..${MOST}`,
        (v) => v === undefined || isWhole(v, 1, MOST),
      ),
    optionalIntegers: (name, length) => {
      if (fields[name] === undefined || fields[name] === null) return null;
      if (length !== undefined) return perLevel(name, length, 0, counts(MOST), isCount(MOST));
      if (isWhole(fields[name], 1, MOST)) return [fields[name]];
      return list(name, [], `whole numbers in 1..${MOST}`, isCount(MOST));
    },
    number: (name, fallback, { min, max } = { min: -1e6, max: 1e6 }) =>
      read(
        name,
        fallback,
        `a number in ${min}..${max}`,
        (v) => typeof v === 'number' && v >= min && v <= max,
      ),
    boolean: (name, fallback) => read(name, fallback, 'true or false', isBoolean),
    oneOf: (name, choices, fallback) =>
      read(name, fallback, `one of ${choices.join(', ')}`, (v) => choices.some((choice) => choice === v)),
    integers: (name, fallback, most = MOST) =>
      list(name, fallback, `whole numbers in 1..${most}`, isCount(most)),
    strings: (name, fallback) => list(name, fallback, 'strings', (v) => typeof v === 'string', MOST_NAMES),
    integerPerLevel: (name, levels, fallback, most = MOST) =>
      perLevel(name, levels, fallback, counts(most), isCount(most)),
    booleanPerLevel: (name, levels, fallback) => perLevel(name, levels, fallback, 'true or false', isBoolean),
    unsupportedUnless: (values) => {
      for (const [name, only] of Object.entries(values)) {
        const value = fields[name] ?? only;
        if (value !== only) fail(name, `${showValue(value)} is not supported; only ${showValue(only)} is`);
      }
    },
  };
}

const isWhole = (value: unknown, least: number, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
const isCount =
  (most: number) =>
  (value: unknown): boolean =>
    isWhole(value, 1, most);
const counts = (most: number): string => `a whole number in 1..${most}`;
const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);
