// Adapters as files, told apart from files of other kinds.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAdapter, isAdapter, parseAdapter } from '../../src/adapters/index.js';
import { tensor } from '../../src/graph/tensor.js';
import { writeSafetensors } from '../../src/io/safetensors.js';

const weight = tensor(new Float32Array(6).fill(0.5), [2, 3]);
const bytes = formatAdapter({ base: { hash: 'a'.repeat(64) }, weights: { unet: { weight } } });
const headerEnd = 8 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);

describe('a file that may be an adapter', () => {
  it('is known by its header alone', () => {
    expect(isAdapter(bytes)).toBe(true);
    expect(isAdapter(bytes.subarray(0, headerEnd), bytes.byteLength)).toBe(true);
  });

  it('is none where it is damaged, or of another kind', () => {
    expect(isAdapter(bytes.subarray(0, headerEnd))).toBe(false);
    expect(isAdapter(writeSafetensors({ weight }))).toBe(false);
    expect(isAdapter(writeSafetensors({ weight }, { format: 'pt' }))).toBe(false);
    const damaged = fc.tuple(fc.nat(headerEnd - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (given) => {
        if (given instanceof Uint8Array) expect(isAdapter(given)).toBe(false);
        else {
          const [at, value] = given;
          expect([true, false]).toContain(isAdapter(Uint8Array.from(bytes).fill(value, at, at + 1)));
        }
      }),
    );
  });
});

it.each([0, 20, headerEnd, bytes.byteLength - 1])(
  'a file that was cut off after %i bytes is named, with what to do',
  (length) => {
    expect(() => parseAdapter(bytes.slice(0, length), 'forklifts/adapter.safetensors')).toThrow(
      /^forklifts\/adapter\.safetensors: safetensors: .*; copy it again, or write it anew/,
    );
  },
);
