// Reads the fields of a config.json; every error names the class, the field and the mend.

import { showValue } from '../checks/showValue.js';

/** The fields of one config.json. A field that is absent or null takes its default. */
export interface ConfigReader {
  readonly title: string;
  integer(name: string, fallback: number, least?: number): number;
  optionalInteger(name: string): number | undefined;
  /** One positive integer or a list of them as a list, of `length` entries where that is given; null if absent. */
  optionalIntegers(name: string, length: number | undefined): readonly number[] | null;
  number(name: string, fallback: number): number;
  boolean(name: string, fallback: boolean): boolean;
  /** A string out of a list. */
  oneOf<const T extends string>(name: string, choices: readonly T[], fallback: T): T;
  integers(name: string, fallback: readonly number[]): readonly number[];
  strings(name: string, fallback: readonly string[]): readonly string[];
  /** One integer for all levels, or a list with one for each. */
  integerPerLevel(name: string, levels: number, fallback: number): readonly number[];
  booleanPerLevel(name: string, levels: number, fallback: boolean): readonly boolean[];
  isNull(name: string): boolean;
  /** Refuses settings that this library has no code for: each field must be absent, null or the given value. */
  unsupportedUnless(values: Readonly<Record<string, unknown>>): void;
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
      Array.isArray(v) ? v.every(fits) : fits(v),
    );
    if (!isList(value)) return Array.from({ length: levels }, () => value);
    return value.length === levels ? value : fail(name, `has ${value.length} entries for ${levels} levels`);
  };
  const list = <T>(name: string, fallback: readonly T[], wanted: string, fits: (v: unknown) => boolean) =>
    read(name, fallback, `a list of ${wanted}`, (v) => Array.isArray(v) && v.length > 0 && v.every(fits));
  return {
    title,
    fail,
    isNull: (name) => fields[name] === null,
    integer: (name, fallback, least = 1) =>
      read(name, fallback, `a whole number of at least ${least}`, (v) => isInteger(v) && v >= least),
    optionalInteger: (name) =>
      read<number | undefined>(name, undefined, 'a whole number', (v) => v === undefined || isInteger(v)),
    optionalIntegers: (name, length) => {
      if (fields[name] === undefined || fields[name] === null) return null;
      if (length !== undefined) return perLevel(name, length, 0, 'a positive whole number', isCount);
      return isInteger(fields[name]) ? [fields[name]] : list(name, [], 'positive whole numbers', isCount);
    },
    number: (name, fallback) => read(name, fallback, 'a number', Number.isFinite),
    boolean: (name, fallback) => read(name, fallback, 'true or false', isBoolean),
    oneOf: (name, choices, fallback) =>
      read(name, fallback, `one of ${choices.join(', ')}`, (v) => choices.some((choice) => choice === v)),
    integers: (name, fallback) => list(name, fallback, 'positive whole numbers', isCount),
    strings: (name, fallback) => list(name, fallback, 'strings', (v) => typeof v === 'string'),
    integerPerLevel: (name, levels, fallback) =>
      perLevel(name, levels, fallback, 'a positive whole number', isCount),
    booleanPerLevel: (name, levels, fallback) => perLevel(name, levels, fallback, 'true or false', isBoolean),
    unsupportedUnless: (values) => {
      for (const [name, only] of Object.entries(values)) {
        const value = fields[name] ?? only;
        if (value !== only) fail(name, `${showValue(value)} is not supported; only ${showValue(only)} is`);
      }
    },
  };
}

const isInteger = (value: unknown): value is number => Number.isInteger(value);
const isCount = (value: unknown): boolean => isInteger(value) && value > 0;
const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);
