// Readers of untrusted values. Tools write numbers as texts and flags as numbers, so whatever has one meaning is read;
// everything else is an error that names the field.

import { showValue } from '@spatiallock/core/checks';
import { FieldError } from './fieldError.js';

export type Fields = Readonly<Record<string, unknown>>;

const shown = (value: unknown): string => (value === undefined ? 'missing' : showValue(value));

/** `parseJson` reads null for NaN and the infinities, which are no numbers of JSON. */
const shownNumber = (value: unknown): string => (value === null ? 'null, NaN or infinite' : shown(value));

export function asFields(value: unknown, field: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FieldError(field, `must be an object, is ${shown(value)}`);
  }
  return value as Fields;
}

export function asList(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new FieldError(field, `must be an array, is ${shown(value)}`);
  return value;
}

export function asText(value: unknown, field: string): string {
  if (typeof value !== 'string' || value.trim() === '') {
    throw new FieldError(field, `must be a text that is not empty, is ${shown(value)}`);
  }
  return value;
}

/** A text, or a number that stands for one. */
export function asName(value: unknown, field: string): string {
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : asText(value, field).trim();
}

/** Reads "0.5", "-3", "1e-2"; everything else, empty text and "0x10" among it, is NaN. */
export function decimal(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;
}

/** A finite number, or the text of one. */
export function asNumber(value: unknown, field: string): number {
  const number = typeof value === 'string' ? decimal(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) {
    throw new FieldError(field, `must be a finite number, is ${shownNumber(value)}`);
  }
  return number;
}

/** A whole number of at least 1, or the text of one. */
export function asPixels(value: unknown, field: string): number {
  const number = typeof value === 'string' ? decimal(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 1) {
    throw new FieldError(field, `must be an integer of at least 1, is ${shownNumber(value)}`);
  }
  return number;
}

/**
 * A whole number or a text; the number 7 and the texts "7" and "7.0" are the same id. Numbers beyond 2^53, such as those of
 * UUIDs and of times in nanoseconds, are ids, too, though JSON.parse rounds them.
 */
export function asId(value: unknown, field: string): string {
  if (typeof value === 'number' && Number.isInteger(value)) return String(value);
  if (typeof value !== 'string' || value.trim() === '') {
    throw new FieldError(field, `must be an integer or a text, is ${shownNumber(value)}`);
  }
  const text = value.trim();
  return text.replace(/^(-?(?:0|[1-9]\d*))\.0+$/, '$1');
}

const flags: readonly (readonly [meaning: boolean, forms: readonly unknown[]])[] = [
  [true, [true, 1, '1', '1.0', 'true', 'yes']],
  [false, [false, 0, '0', '0.0', 'false', 'no', '', null, undefined]],
];

/** A flag in any of the forms that tools write: true, 1, "1", "True" and their opposites; absent, null and "" are no. */
export function asFlag(value: unknown, field: string): boolean {
  const plain = typeof value === 'string' ? value.trim().toLowerCase() : value;
  const known = flags.find(([, forms]) => forms.includes(plain));
  if (!known) throw new FieldError(field, `must be 0 or 1, is ${shown(value)}`);
  return known[0];
}

/** A text, or undefined where it is absent, null or empty. */
export function asOptionalText(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  return asText(value, field);
}
