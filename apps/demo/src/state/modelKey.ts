// Which model paints: pictures of two models are not taken for each other.

import { computed } from '@preact/signals';
import { adapter, given } from './engine.js';

/** As text; empty for the site's own model. */
export const modelKey = computed((): string => {
  if (given.value) {
    const { model, added = [] } = given.value;
    const nameOf = (files: Exclude<typeof model, string>) =>
      files.map(({ path, blob }) => `${path} ${blob.size}`);
    return JSON.stringify([typeof model === 'string' ? model : nameOf(model), nameOf(added)]);
  }
  return adapter.value ? `adapter ${hashOf(adapter.value.bytes)}` : '';
});

/** FNV-1a, 32 bits (Fowler, Noll and Vo): at once, other than the browser's own. */
function hashOf(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16);
}
