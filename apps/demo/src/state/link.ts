// A link that holds a layout and how it is made, in the part of the address that no server sees.

import { type Layout, MAX_SEED, parseLayout } from '@spatiallock/core';

export interface Shared {
  readonly layout: Layout;
  readonly seed?: number;
  /** What of the link could not be used. */
  readonly fault?: string;
}

const KEY = 'layout';
/** Letters; a layout of 30 objects takes a hundredth of it. */
const LONGEST = 500_000;

/** `layout=...`: JSON as base64 for addresses, UTF-8 inside. */
export function linkHash({ layout, seed }: Shared): string {
  const bytes = new TextEncoder().encode(
    JSON.stringify({ ...layout, ...(seed === undefined ? {} : { seed }) }),
  );
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return `${KEY}=${base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
}

/** What a hash holds; undefined where it holds no layout. Throws an error that says what is wrong with it. */
export function readLink(hash: string): Shared | undefined {
  const given = new URLSearchParams(hash.replace(/^#/, '')).get(KEY);
  if (given === null) return undefined;
  if (given.length > LONGEST) throw new Error(`link: ${given.length} letters are too many for a layout`);
  return sharedOf(decoded(given));
}

/** A layout with its seed, of a link or a file; throws an error that names the field at fault. */
export function sharedOf(json: unknown): Shared {
  const layout = parseLayout(json, ['seed']);
  const { seed } = json as { readonly seed?: unknown };
  if (seed === undefined) return { layout };
  if (isSeed(seed)) return { layout, seed };
  return { layout, fault: `seed: must be a whole number from 0 to ${MAX_SEED}; the seed here stays` };
}

const isSeed = (given: unknown): given is number =>
  Number.isInteger(given) && (given as number) >= 0 && (given as number) <= MAX_SEED;

function decoded(given: string): unknown {
  try {
    const binary = atob(given.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new Error('link: the layout in this link is damaged; copy the whole link again', { cause });
  }
}
