import { sizeOf, type Tensor, tensor } from '@spatiallock/core';
import { readSafetensors, writeSafetensors } from '@spatiallock/core/io';
import fc, { type Arbitrary } from 'fast-check';
import { must, targetOf } from '../target.js';
import { awkwardJson, edited, scribbled } from '../values.js';

const header = {
  __metadata__: { format: 'pt', note: 'x' },
  a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
  b: { dtype: 'F16', shape: [4], data_offsets: [24, 32] },
  'c.weight': { dtype: 'I64', shape: [2], data_offsets: [32, 48] },
  d: { dtype: 'BOOL', shape: [], data_offsets: [48, 49] },
  e: { dtype: 'BF16', shape: [0, 5], data_offsets: [49, 49] },
};

/** A tensor of 8 bits a number, and one of 4; 49 bytes in all. */
const quantized = {
  __metadata__: {
    spatiallock_quantization: JSON.stringify({
      version: 1,
      tensors: { a: { bits: 8, block: 4, shape: [3, 4] }, b: { bits: 4, block: 2, shape: [2, 3] } },
    }),
  },
  'a.scales': { dtype: 'F32', shape: [3], data_offsets: [0, 12] },
  'b.scales': { dtype: 'F32', shape: [2, 2], data_offsets: [12, 28] },
  a: { dtype: 'I8', shape: [3, 4], data_offsets: [28, 40] },
  b: { dtype: 'U8', shape: [2, 2], data_offsets: [40, 44] },
  c: { dtype: 'U8', shape: [5], data_offsets: [44, 49] },
};

/** What the metadata of a quantized file say, and something else. */
const schemes = edited([JSON.parse(quantized.__metadata__.spatiallock_quantization)], awkwardJson).map(
  (scheme) =>
    JSON.stringify({
      ...quantized,
      __metadata__: { spatiallock_quantization: JSON.stringify(scheme) ?? '' },
    }),
);

/** Numbers that scales may be. */
const scales = fc
  .tuple(
    fc.array(fc.float(), { minLength: 7, maxLength: 7 }),
    fc.uint8Array({ minLength: 21, maxLength: 21 }),
  )
  .map(([numbers, rest]) => Uint8Array.from([...new Uint8Array(Float32Array.from(numbers).buffer), ...rest]));

/** A file of this header and data. */
function fileOf(text: string, data: Uint8Array, claimed?: number): Uint8Array {
  const json = new TextEncoder().encode(text);
  const file = new Uint8Array(8 + json.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(claimed ?? json.length), true);
  file.set(json, 8);
  file.set(data, 8 + json.length);
  return file;
}

const data = fc.uint8Array({ minLength: 49, maxLength: 49 });
const sizes = fc.constantFrom<number | undefined>(
  undefined,
  undefined,
  undefined,
  0,
  1,
  7,
  2 ** 31,
  2 ** 40,
  2 ** 53,
);

/** Files whose headers say something else than they should. */
const headers: Arbitrary<Uint8Array> = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: edited([header], awkwardJson).map((json) => JSON.stringify(json) ?? '') },
      { weight: 2, arbitrary: scribbled(fc.constant(JSON.stringify(header))) },
      { weight: 2, arbitrary: schemes },
      { weight: 1, arbitrary: edited([quantized], awkwardJson).map((json) => JSON.stringify(json) ?? '') },
      { weight: 1, arbitrary: fc.constant(JSON.stringify(quantized)) },
    ),
    fc.oneof(data, scales),
    sizes,
  )
  .map(([text, bytes, claimed]) => fileOf(text, bytes, claimed));

/** Files that were written by us, with some bytes changed or the end cut off. */
const damaged: Arbitrary<Uint8Array> = fc
  .tuple(
    fc.uint8Array({ minLength: 12, maxLength: 12 }),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }),
    fc.option(fc.nat({ max: 300 })),
  )
  .map(([numbers, changes, end]) => {
    const written = writeSafetensors({
      x: tensor(Float32Array.from(numbers), [3, 4]),
      i: tensor(Int32Array.from(numbers), [12], 'int32'),
    });
    const file = Uint8Array.from(written);
    for (const [at, value] of changes) file[at % file.length] = value;
    return end === null ? file : file.slice(0, end);
  });

function check(name: string, given: Tensor): void {
  must(
    given.data.length === sizeOf(given.shape),
    `${name}: ${given.data.length} numbers of shape ${given.shape}`,
  );
  if (given.data instanceof Float32Array) {
    must(given.data.every(Number.isFinite), `${name}: holds a number that is not finite`);
  }
}

export const safetensors = targetOf({
  name: 'safetensors',
  share: 14,
  inputs: fc.oneof(headers, damaged),
  read(file: Uint8Array) {
    const tensors = readSafetensors(file, { float32: true });
    for (const [name, given] of Object.entries(tensors)) check(name, given);
    const again = readSafetensors(writeSafetensors(tensors));
    must(Object.keys(again).length === Object.keys(tensors).length, 'writes other tensors than it read');
    for (const [name, { data: numbers, shape }] of Object.entries(tensors)) {
      must(String(again[name]?.shape) === String(shape), `${name}: has another shape once written`);
      must(String(again[name]?.data) === String(numbers), `${name}: has other numbers once written`);
    }
  },
  names: /^safetensors\b/,
});
