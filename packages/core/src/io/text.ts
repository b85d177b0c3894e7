// UTF-8 and JSON; TextEncoder and TextDecoder are globals of every JavaScript host, which ES2023's types
// leave out.

import { checkBytes, checkText } from '../checks/index.js';
import { messageOf } from '../checks/showValue.js';

declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean },
) => { decode(bytes: Uint8Array): string };

/** The UTF-8 bytes of a text. */
export function encodeUtf8(text: string): Uint8Array {
  checkText(text, 'text');
  return new TextEncoder().encode(text);
}

/** The text, without a byte-order mark at its beginning. Throws where the bytes are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array, what: string): string {
  checkBytes(bytes, what);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${what} is not UTF-8 text`);
  }
}

/** A parsed JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a parsed JSON value is an object, not a list or null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const BYTE_ORDER_MARK = '\ufeff';

/**
 * Parses JSON; NaN and Infinity, which Python writes, become null, and a byte-order mark, which Windows' programs write,
 * is passed over. Throws an error that begins with `what`.
 */
export function parseJson(text: string, what: string): unknown {
  checkText(text, what);
  try {
    return JSON.parse(withNulls(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text));
  } catch (cause) {
    throw new Error(`${what} is not valid JSON: ${messageOf(cause)}`, { cause });
  }
}

/** The object that a text holds, see `parseJson`. */
export function parseJsonObject(text: string, what: string): JsonObject {
  const value = parseJson(text, what);
  if (!isJsonObject(value)) throw new Error(`${what} must hold a JSON object`);
  return value;
}

const NUMBERLESS = ['NaN', '-Infinity', 'Infinity'];

/** JSON with `null` for NaN and the infinities outside its strings; looks at each letter once. */
function withNulls(text: string): string {
  if (!text.includes('NaN') && !text.includes('Infinity')) return text;
  const parts: string[] = [];
  let from = 0;
  let at = 0;
  while (at < text.length) {
    const letter = text[at];
    const word =
      letter === 'N' || letter === 'I' || letter === '-'
        ? NUMBERLESS.find((each) => text.startsWith(each, at))
        : undefined;
    if (word !== undefined) {
      parts.push(text.slice(from, at), 'null');
      at += word.length;
      from = at;
    } else {
      at = letter === '"' ? endOfString(text, at) : at + 1;
    }
  }
  return parts.join('') + text.slice(from);
}

/** The place after the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}
