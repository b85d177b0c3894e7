// Options and fields that nobody would read are errors.

import { nearestName } from './nearest.js';
import { showValue } from './showValue.js';

/** Any object that is no list; throws an error that names it otherwise. */
export function checkObject(given: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof given === 'object' && given !== null && !isList(given)) {
    return given as Readonly<Record<string, unknown>>;
  }
  throw new Error(`${path}: must be an object, not ${showValue(given)}`);
}

/**
 * An object of which every own key is known; throws an error that names the first other key, the known one that is
 * spelt most like it, and all that are known. `path` names the object in the error, as `options` or `objects[0]`.
 */
export function checkKeys(
  given: unknown,
  known: readonly string[],
  path: string,
): Readonly<Record<string, unknown>> {
  const object = checkObject(given, path);
  const stray = Object.keys(object).find((key) => !known.includes(key));
  if (stray === undefined) return object;
  const near = nearestName(stray, known);
  const meant = near === undefined ? '; known are' : `; did you mean ${near}? Known are`;
  throw new Error(
    `${path}: ${showValue(stray)} is not known${meant} ${[...new Set(known)].join(', ') || 'none'}`,
  );
}

function isList(value: object): boolean {
  try {
    return Array.isArray(value);
  } catch {
    // A revoked proxy.
    return true;
  }
}
