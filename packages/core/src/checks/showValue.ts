// Values of any kind in error messages. Whatever the value is, showing it neither throws nor costs much.

/** Letters of a text, and of the whole. */
const LETTERS = 60;
const NAME_LETTERS = 200;
const ENTRIES = 6;
const DEPTH = 2;
const CUT = '...';

/**
 * A value as a message shows it: texts in quotes, lists and objects by their first entries, at most about a hundred
 * letters. Never throws and runs no code of the value's own (`toString`, `toJSON`, getters), but for a proxy's traps.
 */
export function showValue(value: unknown): string {
  return cut(shown(value, DEPTH), 2 * LETTERS);
}

/** A name from a file as a message shows it, without quotes: at most two hundred letters. */
export const shownName = (name: string): string => cut(name, NAME_LETTERS);

/** The message of anything that was thrown; never throws. */
export function messageOf(cause: unknown): string {
  try {
    if (typeof cause === 'string') return cause;
    const message = cause instanceof Error || isObject(cause) ? cause.message : undefined;
    if (typeof message === 'string') return message;
  } catch {
    // Shown as any other value.
  }
  return showValue(cause);
}

function shown(value: unknown, depth: number): string {
  try {
    if (typeof value === 'string') return quoted(value);
    if (typeof value === 'bigint') return shownBigInt(value);
    if (typeof value === 'symbol') return cut(value.toString(), LETTERS);
    if (typeof value === 'function') return shownFunction(value);
    if (isObject(value)) return shownObject(value, depth);
    return String(value);
  } catch {
    return `a value of type ${typeof value} that cannot be shown`;
  }
}

const quoted = (text: string): string =>
  text.length > LETTERS
    ? `${JSON.stringify(text.slice(0, LETTERS) + CUT)} (${text.length} letters)`
    : JSON.stringify(text);

/** Writing out a number of a million digits would take seconds. */
const shownBigInt = (value: bigint): string =>
  BigInt.asIntN(128, value) === value ? `${value}n` : 'a bigint of more than 128 bits';

function shownFunction(value: object): string {
  const name = own(value, 'name');
  return typeof name === 'string' && name !== '' ? `function ${cut(name, LETTERS)}` : 'a function';
}

function shownObject(value: object, depth: number): string {
  if (Array.isArray(value)) return shownList(value, depth);
  if (ArrayBuffer.isView(value)) return `binary data of ${value.byteLength} bytes`;
  const keys = Object.keys(value);
  if (depth === 0) return keys.length === 0 ? '{}' : '{...}';
  const entries = keys.slice(0, ENTRIES).map((key) => `${name(key)}: ${entry(value, key, depth)}`);
  return entries.length === 0 ? '{}' : `{ ${joined(entries, keys.length)} }`;
}

function shownList(value: readonly unknown[], depth: number): string {
  const { length } = value;
  if (depth === 0) return length === 0 ? '[]' : `[${CUT}]`;
  const entries = Array.from({ length: Math.min(length, ENTRIES) }, (_, i) => entry(value, String(i), depth));
  return `[${joined(entries, length)}]`;
}

function entry(value: object, key: string, depth: number): string {
  const found = Object.getOwnPropertyDescriptor(value, key);
  return found?.get || found?.set ? 'a getter' : shown(found?.value, depth - 1);
}

const own = (value: object, key: string): unknown => Object.getOwnPropertyDescriptor(value, key)?.value;

const name = (key: string): string => (/^[\w$]{1,60}$/.test(key) ? key : quoted(key));

const joined = (entries: readonly string[], count: number): string =>
  [...entries, ...(count > entries.length ? [`${CUT} ${count - entries.length} more`] : [])].join(', ');

const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most)}${CUT}` : text;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
