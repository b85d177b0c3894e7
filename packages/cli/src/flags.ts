// Flags of a command, read strictly: citty's definitions give names and help, node:util splits the words.
// (citty itself keeps the last of a repeated flag and lets unknown ones pass.)

import { parseArgs } from 'node:util';
import { didYouMean, nearestName } from '@spatiallock/core/checks';
import type { ArgsDef } from 'citty';
import { InputError } from './errors.js';

export type { ArgsDef } from 'citty';

/** Values by flag, in the order given; a switch holds an empty text, a positional all words that belong to no flag. */
export type Flags = ReadonlyMap<string, readonly string[]>;

/** Splits the words after `command`; throws an InputError on anything that `definition` does not name. */
export function readFlags(words: readonly string[], definition: ArgsDef, command: string): Flags {
  const named = Object.entries(definition);
  const positional = named.find(([, { type }]) => type === 'positional')?.[0];
  const options = Object.fromEntries(
    named
      .filter(([name]) => name !== positional)
      .map(([name, { type, ...more }]) => [
        name,
        {
          type: type === 'boolean' ? ('boolean' as const) : ('string' as const),
          multiple: true,
          ...('alias' in more && typeof more.alias === 'string' ? { short: more.alias } : {}),
        },
      ]),
  );
  const { tokens } = parseArgs({
    args: [...words],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const flags = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      if (positional === undefined) {
        throw new InputError(`"${token.value}": does not belong to a flag; see ${command} --help`);
      }
      flags.set(positional, [...(flags.get(positional) ?? []), token.value]);
      continue;
    }
    const { name, rawName } = token;
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option === undefined) {
      throw new InputError(
        `${rawName}: is not known${meant(name, Object.keys(options))}; see ${command} --help`,
      );
    }
    flags.set(name, [...(flags.get(name) ?? []), tokenValue(token, option.type)]);
  }
  return flags;
}

function meant(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === undefined ? '' : ` (did you mean --${near}?)`;
}

interface OptionToken {
  readonly rawName: string;
  readonly value?: string;
  readonly inlineValue?: boolean;
}

function tokenValue({ rawName, value, inlineValue }: OptionToken, type: 'boolean' | 'string'): string {
  if (type === 'boolean') {
    if (value !== undefined) throw new InputError(`${rawName}: takes no value`);
    return '';
  }
  if (value === undefined || (!inlineValue && value.startsWith('--'))) {
    throw new InputError(`${rawName}: needs a value after it`);
  }
  return value;
}

/** The value of a flag that may be given once. */
export function text(flags: Flags, name: string): string | undefined {
  const values = flags.get(name);
  if (values === undefined) return undefined;
  if (values.length > 1) throw new InputError(`--${name}: was given ${values.length} times; give it once`);
  return values[0];
}

/** As `text`, of a flag whose value may not be empty: an unset variable of a shell makes one. */
export function filled(flags: Flags, name: string): string | undefined {
  const value = text(flags, name);
  if (value?.trim() === '') throw new InputError(`--${name}: is empty; write a value, or leave the flag out`);
  return value;
}

/** The numbers that a flag takes; both ends belong to it. */
export interface Range {
  readonly min: number;
  readonly max?: number;
  /** Whether `min` itself is left out. */
  readonly above?: true;
}

/** Numbers above 0. */
export const positive: Range = { min: 0, above: true };

/** A decimal number within a range, or undefined when the flag is absent. */
export function number(flags: Flags, name: string, { min, max, above }: Range): number | undefined {
  const given = text(flags, name);
  if (given === undefined) return undefined;
  const value = decimal(given);
  const low = value < min || (above && value === min);
  if (!Number.isFinite(value) || low || (max !== undefined && value > max)) {
    throw new InputError(
      `--${name}: must be a number ${rangeText({ min, max, above })}, not ${quoted(given)}`,
    );
  }
  return value;
}

/** A whole number within a range, or undefined when the flag is absent. */
export function wholeNumber(flags: Flags, name: string, range: Range): number | undefined {
  const given = text(flags, name);
  return given === undefined ? undefined : readWhole(given, name, range);
}

/** Whole numbers between commas, each once, ascending; undefined when the flag is absent. */
export function wholeNumbers(flags: Flags, name: string, range: Range): number[] | undefined {
  const values = text(flags, name)?.split(',');
  return values && [...new Set(values.map((given) => readWhole(given, name, range)))].sort((a, b) => a - b);
}

function readWhole(given: string, name: string, { min, max }: Range): number {
  const value = decimal(given);
  if (!Number.isSafeInteger(value) || value < min || (max !== undefined && value > max)) {
    throw new InputError(
      `--${name}: must be a whole number ${rangeText({ min, max })}, not ${quoted(given)}`,
    );
  }
  return value;
}

/** A word out of those that are known, or undefined when the flag is absent. */
export function choice<T extends string>(flags: Flags, name: string, known: readonly T[]): T | undefined {
  const given = text(flags, name);
  if (given === undefined) return undefined;
  const found = known.find((each) => each === given);
  if (found !== undefined) return found;
  throw new InputError(
    `--${name}: must be one of ${known.join(', ')}, not ${quoted(given)}${didYouMean(given, known)}`,
  );
}

/** Reads "0.5", "-3", "1e-2"; everything else, empty text and "0x10" among it, is NaN. */
export function decimal(given: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(given.trim()) ? Number(given) : Number.NaN;
}

function rangeText({ min, max, above }: Range): string {
  if (above) return max === undefined ? `above ${min}` : `above ${min} and at most ${max}`;
  return max === undefined ? `of at least ${min}` : `in ${min}..${max}`;
}

const quoted = (given: string): string => (given === '' ? 'empty' : given);
