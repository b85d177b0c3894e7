// Tells base models apart, wherever their files come from.

import type { Tensor, TensorData } from '../graph/tensor.js';
import { checkFiles, type FileSource } from '../io/files.js';
import { readWeights } from '../io/modelDirectory.js';
import { encodeUtf8 } from '../io/text.js';
import { sha256 } from './sha256.js';

/** What adapters are laid over: a change in either makes another model. */
const COMPONENTS = ['unet', 'text_encoder'] as const;
/** Bytes of each tensor that count, from its beginning and from its end. */
const END = 1024;

/**
 * SHA-256, in hexadecimal digits, over names, types and shapes of all tensors of U-Net and text encoder, and over both ends
 * of each. Rejects on pages that are not secure (https or localhost): browsers give those no hashes.
 */
export async function baseHash(files: FileSource): Promise<string> {
  checkFiles(files);
  const parts: Uint8Array[] = [];
  for (const component of COMPONENTS) {
    const weights = await readWeights(files, component);
    for (const name of Object.keys(weights).sort()) {
      const { shape } = weights[name]!;
      const data = bitsOf(weights[name]!);
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      parts.push(encodeUtf8(`${component}/${name} ${shape.join()} ${data.BYTES_PER_ELEMENT}\n`));
      parts.push(bytes.subarray(0, END), bytes.subarray(Math.max(END, bytes.length - END)));
    }
  }
  return sha256(joined(parts));
}

/** Numbers in the precision in which they are kept. */
const bitsOf = (tensor: Tensor): TensorData => (tensor.stored ?? tensor).data;

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
