// A link that holds a picture's document, in the part of the address that no server sees.

import { type PictureDocument, readDocument } from './document.js';

const KEY = 'layout';
const DAMAGED_HASH = /^#[^a-z]*layout\b/i;
const DAMAGED = 'link: the layout in this link is damaged; copy the whole link again';
/** Letters; a layout of 30 objects takes a hundredth of it. */
const LONGEST = 500_000;

/** `layout=...`: JSON as base64 for addresses, UTF-8 inside. */
export function linkHash(json: object): string {
  const bytes = new TextEncoder().encode(JSON.stringify(json));
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return `${KEY}=${base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
}

/** What a hash holds; undefined where it holds no layout. Throws an error that says what is wrong with it. */
export function readLink(hash: string): PictureDocument | undefined {
  const given = new URLSearchParams(hash.replace(/^#/, '')).get(KEY);
  // Programs that hand links on may change the signs around the layout.
  if (given === null && DAMAGED_HASH.test(hash)) throw new Error(DAMAGED);
  if (given === null) return undefined;
  if (given.length > LONGEST) throw new Error(`link: ${given.length} letters are too many for a layout`);
  return readDocument(decoded(given));
}

function decoded(given: string): unknown {
  try {
    const binary = atob(given.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new Error(DAMAGED, { cause });
  }
}
