// UTF-8 and JSON; TextEncoder and TextDecoder are globals of every JavaScript host, which ES2023's types
// leave out.

import { messageOf } from '../checks/showValue.js';

declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean },
) => { decode(bytes: Uint8Array): string };

export function encodeUtf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Throws where the bytes are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${what} is not UTF-8 text`);
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Parses a JSON object; NaN and Infinity, which Python writes, become null. Throws an error that begins with
 * `what`.
 */
export function parseJsonObject(text: string, what: string): JsonObject {
  const strict = text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (token) =>
    token.startsWith('"') ? token : 'null',
  );
  let value: unknown;
  try {
    value = JSON.parse(strict);
  } catch (cause) {
    throw new Error(`${what} is not valid JSON: ${messageOf(cause)}`);
  }
  if (!isJsonObject(value)) throw new Error(`${what} must hold a JSON object`);
  return value;
}
