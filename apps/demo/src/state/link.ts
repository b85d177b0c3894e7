// A link that holds a layout and how it is made, in the part of the address that no server sees.

import { type Layout, parseLayout } from '@spatiallock/core';

export interface Shared {
  readonly layout: Layout;
  readonly seed?: number;
}

const KEY = 'layout';

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
  const json = decoded(given);
  const { seed } = json as { seed?: unknown };
  const layout = parseLayout(json, ['seed']);
  return Number.isSafeInteger(seed) && (seed as number) >= 0 ? { layout, seed: seed as number } : { layout };
}

function decoded(given: string): unknown {
  try {
    const binary = atob(given.replaceAll('-', '+').replaceAll('_', '/'));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (letter) => letter.charCodeAt(0))));
  } catch (cause) {
    throw new Error('link: the layout in this link is damaged; copy the whole link again', { cause });
  }
}
