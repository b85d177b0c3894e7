import { createHash } from 'node:crypto';

/** The start of the SHA-256 in hexadecimal, as the page and its service worker check it. */
export const hashOf = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex').slice(0, 32);
