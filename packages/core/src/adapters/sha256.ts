// Hashes, where the platform has them.

import { checkBytes } from '../checks/index.js';

/** A global of Node and of secure pages, which ES2023's types leave out. */
declare const crypto: {
  readonly subtle?: { digest(algorithm: string, data: Uint8Array): Promise<ArrayBuffer> };
};

/** SHA-256 in hexadecimal digits. Rejects on pages that are not secure (https or localhost): browsers give those no hashes. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  checkBytes(bytes, 'bytes');
  if (!crypto.subtle)
    throw new Error('adapter: this page is not secure, and so has no hashes; open it by https');
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
