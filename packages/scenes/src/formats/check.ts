/** Readers of untrusted values: each throws an error that names the field. */

import { showValue } from '@spatiallock/core';

export type Fields = Readonly<Record<string, unknown>>;

const shown = (value: unknown): string => (value === undefined ? 'missing' : showValue(value));

export function asFields(value: unknown, field: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${field}: must be an object, is ${shown(value)}`);
  }
  return value as Fields;
}

export function asList(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${field}: must be an array, is ${shown(value)}`);
  return value;
}

export function asText(value: unknown, field: string): string {
  if (typeof value !== 'string' || value.trim() === '') {
    throw new Error(`${field}: must be a text that is not empty, is ${shown(value)}`);
  }
  return value;
}

export function asNumber(value: unknown, field: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new Error(`${field}: must be a finite number, is ${shown(value)}`);
  }
  return value;
}

export function asInteger(value: unknown, field: string, least = Number.MIN_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) {
    const bound = least > Number.MIN_SAFE_INTEGER ? ` of at least ${least}` : '';
    throw new Error(`${field}: must be an integer${bound}, is ${shown(value)}`);
  }
  return value;
}

/** Adds an entry to a map; throws when the key is taken. */
export function addUnique<K, V>(map: Map<K, V>, key: K, value: V, field: string): void {
  if (map.has(key)) throw new Error(`${field}: ${showValue(key)} is used twice; it must be unique`);
  map.set(key, value);
}
