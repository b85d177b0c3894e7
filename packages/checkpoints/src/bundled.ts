// Textual inversions that trainers put into the file of a LoRA: `bundle_emb.WORD.string_to_param.*`.

import type { Shapes } from './identify.js';

const BUNDLED = /^bundle_emb\.(.+?)\.(?:string_to_param\.[^.]+|emb_params|clip_l|\*)$/;

/** The names of the tensors in the file of a LoRA, by the words that they are of. */
export function bundledWords(shapes: Shapes): ReadonlyMap<string, string> {
  const words = Object.keys(shapes).flatMap((name) => {
    const [, word] = BUNDLED.exec(name) ?? [];
    return word === undefined ? [] : [[word, name] as const];
  });
  return new Map(words);
}
