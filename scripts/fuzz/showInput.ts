import { inspect } from 'node:util';

const LONGEST = 2000;

/** An input as a person may type it in again; files that are text as texts; long ones are cut. */
export function showInput(input: unknown): string {
  const text = inspect(readable(input), {
    depth: 8,
    breakLength: 110,
    maxArrayLength: 60,
    maxStringLength: 600,
  });
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
}

function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) return textOf(value) ?? value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, readable(each)]));
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
