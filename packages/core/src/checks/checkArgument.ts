// Kinds of arguments: lists, texts, bytes, and objects that are known by their methods.

import { checkObject } from './checkKeys.js';
import { showValue } from './showValue.js';

/** A list; throws an error that begins with `path` for anything else. `holds` says what of, as `boxes`. */
export function checkList(given: unknown, path: string, holds = 'values'): readonly unknown[] {
  if (isList(given)) return given;
  throw new Error(`${path}: must be a list of ${holds}, not ${showValue(given)}`);
}

/** A list of objects; throws an error that begins with `path` for anything else. `holds` says what they are. */
export function checkObjects(
  given: unknown,
  path: string,
  holds?: string,
): readonly Readonly<Record<string, unknown>>[] {
  return checkList(given, path, holds).map((each, i) => checkObject(each, `${path}[${i}]`));
}

/** A list, a set or another iterable object, but not a text; throws an error that begins with `path` for anything else. */
export function checkIterable(given: unknown, path: string, holds = 'values'): void {
  const iterates = typeof given === 'object' && given !== null && Symbol.iterator in given;
  if (!iterates) throw new Error(`${path}: must be a list of ${holds}, not ${showValue(given)}`);
}

/** A function; throws an error that begins with `path` for anything else. */
export function checkFunction(given: unknown, path: string, kind = 'a function'): void {
  if (typeof given !== 'function') throw new Error(`${path}: must be ${kind}, not ${showValue(given)}`);
}

/** A text; throws an error that begins with `path` for anything else. `kind` says what it is, as `the path of a file`. */
export function checkText(given: unknown, path: string, kind = 'text'): string {
  if (typeof given === 'string') return given;
  throw new Error(`${path}: must be ${kind}, not ${showValue(given)}`);
}

/** A Uint8Array, Node's Buffer among them; throws an error that begins with `path` for anything else. */
export function checkBytes(given: unknown, path: string): Uint8Array {
  if (given instanceof Uint8Array || Object.prototype.toString.call(given) === '[object Uint8Array]') {
    return given as Uint8Array;
  }
  throw new Error(`${path}: must be bytes (a Uint8Array), not ${showValue(given)}`);
}

/** An object with these methods, its own or of its class. `kind` says what it is and where one comes from. */
export function checkMethods(given: unknown, methods: readonly string[], path: string, kind: string): void {
  const has = (name: string): boolean =>
    typeof given === 'object' && given !== null && typeof Reflect.get(given, name) === 'function';
  if (!methods.every(has)) throw new Error(`${path}: must be ${kind}, not ${showValue(given)}`);
}

/** One of several texts; throws an error that begins with `path` and lists them for anything else. */
export function checkChoice<T extends string>(given: unknown, known: readonly T[], path: string): T {
  const found = known.find((each) => each === given);
  if (found !== undefined) return found;
  throw new Error(`${path}: must be one of ${known.join(', ')}, not ${showValue(given)}`);
}

/** Numbers in a typed array or a list, as many as `length` says; throws an error that begins with `path` otherwise. */
export function checkVector(given: unknown, path: string, length?: number): void {
  const count = Array.isArray(given) || ArrayBuffer.isView(given) ? Reflect.get(given, 'length') : undefined;
  if (count === undefined)
    throw new Error(`${path}: must be numbers (a Float32Array), not ${showValue(given)}`);
  if (length !== undefined && count !== length) {
    throw new Error(`${path}: must hold ${length} numbers, not ${String(count)}`);
  }
}

function isList(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    // A revoked proxy.
    return false;
  }
}
