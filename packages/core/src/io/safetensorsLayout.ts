// The head of a safetensors file that is to be written, and the order of its tensors.

import { checkList, checkObject } from '../checks/index.js';
import { type DType, type Shape, sizeOf } from '../graph/tensor.js';
import { mostHeaderBytes } from './safetensorsHeader.js';
import { encodeUtf8 } from './text.js';

/** Types of numbers in a file; codes of quantized tensors are bytes. */
export type FileDType = DType | 'int8' | 'uint8';

const fileDTypes: Readonly<Record<FileDType, string>> = {
  float32: 'F32',
  float16: 'F16',
  int32: 'I32',
  bool: 'BOOL',
  int8: 'I8',
  uint8: 'U8',
};
const bytesOf: Readonly<Record<FileDType, number>> = {
  ...{ float32: 4, float16: 2, int32: 4 },
  ...{ bool: 1, int8: 1, uint8: 1 },
};

/** The head of a safetensors file that is to be written, and the order of its tensors. */
export interface SafetensorsLayout {
  /** What the file begins with. */
  readonly head: Uint8Array;
  /** The order in which the tensors' bytes follow. */
  readonly names: readonly string[];
  /** Of the whole file. */
  readonly byteLength: number;
}

/**
 * Where the tensors of a new file lie: types of 4 bytes first, then those of 2 and 1, each sorted by name; data begin at a
 * multiple of 8 bytes. Throws where names and metadata are more than the format allows.
 */
export function layoutSafetensors(
  tensors: Readonly<Record<string, { readonly dtype: FileDType; readonly shape: Shape }>>,
  metadata: Readonly<Record<string, string>> = {},
): SafetensorsLayout {
  for (const [name, tensor] of Object.entries(checkObject(tensors, 'tensors')))
    checkList(checkObject(tensor, `tensors: ${name}`).shape, `tensors: ${name}: shape`, 'numbers');
  if (Object.hasOwn(tensors, '__metadata__')) {
    throw new Error('safetensors: __metadata__ cannot be the name of a tensor');
  }
  const sorted = Object.entries(tensors).sort(
    ([a, x], [b, y]) => bytesOf[y.dtype] - bytesOf[x.dtype] || (a < b ? -1 : Number(a > b)),
  );
  let end = 0;
  const entries = sorted.map(([name, { dtype, shape }]) => {
    const begin = end;
    end += sizeOf(shape) * bytesOf[dtype];
    return [name, { dtype: fileDTypes[dtype], shape, data_offsets: [begin, end] }] as const;
  });
  const described = Object.keys(metadata).length > 0 ? [['__metadata__', metadata] as const] : [];
  const header = encodeUtf8(JSON.stringify(Object.fromEntries([...described, ...entries])));
  const headerSize = Math.ceil(header.byteLength / 8) * 8;
  if (headerSize > mostHeaderBytes) {
    throw new Error(
      `safetensors: names and metadata need ${headerSize} bytes, at most ${mostHeaderBytes} fit`,
    );
  }
  const head = new Uint8Array(8 + headerSize).fill(' '.charCodeAt(0));
  new DataView(head.buffer).setBigUint64(0, BigInt(headerSize), true);
  head.set(header, 8);
  return { head, names: sorted.map(([name]) => name), byteLength: head.byteLength + end };
}
