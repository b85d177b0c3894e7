import { fixtureBytes } from '@spatiallock/fixtures';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Tensor, type Tensors, tensor } from '../src/graph/tensor.js';
import {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToFloat16,
  readSafetensors,
  readSafetensorsHeader,
  writeSafetensors,
} from '../src/io/index.js';

/** A file with this header and these bytes after it. */
function fileOf(header: unknown, data: ArrayLike<number> = []): Uint8Array {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setUint32(0, text.length, true);
  file.set(
    [...text].map((c) => c.charCodeAt(0)),
    8,
  );
  file.set(data, 8 + text.length);
  return file;
}

function oneTensor(dtype: string, shape: readonly number[], data: ArrayLike<number>): Uint8Array {
  return fileOf({ x: { dtype, shape, data_offsets: [0, data.length] } }, data);
}

const some: Tensors = {
  'unet.weight': tensor([1, -2.5, 3, 4, 5, 6], [2, 3]),
  'a.half': { dtype: 'float16', shape: [3], data: Uint16Array.of(0x3c00, 0xc000, 1) },
  ids: tensor([7, -8], [2], 'int32'),
  mask: tensor([1, 0, 1], [3], 'bool'),
  scalar: tensor([0.5], []),
  empty: tensor([], [0, 4]),
};

describe('safetensors', () => {
  it('reads what it wrote', () => {
    const file = writeSafetensors(some, { format: 'pt' });
    expect(readSafetensors(file)).toEqual(some);
    expect(readSafetensors(file.buffer as ArrayBuffer)).toEqual(some);
    expect(readSafetensorsHeader(file).metadata).toEqual({ format: 'pt' });
  });

  it('writes the same bytes for any order of the tensors, with aligned data', () => {
    const file = writeSafetensors(some);
    expect(writeSafetensors(Object.fromEntries(Object.entries(some).reverse()))).toEqual(file);
    const { entries } = readSafetensorsHeader(file);
    expect(Object.keys(entries)).toEqual(['empty', 'ids', 'scalar', 'unet.weight', 'a.half', 'mask']);
    expect((entries.empty?.byteOffset ?? 1) % 8).toBe(0);
  });

  it('reads views without copying where they are aligned, copies where they are not', () => {
    const file = writeSafetensors(some);
    expect(readSafetensors(file)['unet.weight']?.data.buffer).toBe(file.buffer);
    const shifted = new Uint8Array(file.length + 1);
    shifted.set(file, 1);
    expect(readSafetensors(shifted.subarray(1))).toEqual(some);
  });

  it('tells where each tensor lies from the beginning of a file alone', () => {
    const file = writeSafetensors({ x: tensor([1, 2], [2]), y: tensor([3], [1]) });
    const { y } = readSafetensorsHeader(file.subarray(0, file.length - 12), file.length).entries;
    expect(y).toEqual({ dtype: 'F32', shape: [1], byteOffset: file.length - 4, byteLength: 4 });
    expect(() => readSafetensorsHeader(file.subarray(0, 20), file.length)).toThrow(
      'bytes are needed to read the header',
    );
  });

  it('reads a file that the reference implementation wrote', () => {
    const weights = readSafetensors(fixtureBytes('diffusers-sd1/unet/diffusion_pytorch_model.safetensors'));
    expect(weights['conv_in.weight']).toMatchObject({ dtype: 'float32', shape: [16, 4, 3, 3] });
  });

  it('converts the types that tensors do not have', () => {
    const read = (dtype: string, shape: number[], data: ArrayLike<number>): Tensor | undefined =>
      readSafetensors(oneTensor(dtype, shape, data), { float32: true }).x;
    const bfloat = read('BF16', [2], [0x80, 0x3f, 0x20, 0xc0])!;
    expect(bfloat).toMatchObject(tensor([1, -2.5], [2]));
    expect(bfloat.stored).toEqual({ dtype: 'bfloat16', data: Uint16Array.of(0x3f80, 0xc020) });
    const half = read('F16', [2], [0, 0x3c, 0, 0xc0])!;
    expect(half).toMatchObject(tensor([1, -2], [2]));
    expect(half.stored).toEqual({ dtype: 'float16', data: Uint16Array.of(0x3c00, 0xc000) });
    expect(read('F64', [1], new Uint8Array(Float64Array.of(0.25).buffer))).toEqual(tensor([0.25], [1]));
    expect(read('I64', [1], new Uint8Array(BigInt64Array.of(-5n).buffer))).toEqual(
      tensor([-5], [1], 'int32'),
    );
    expect(read('U8', [2], [0, 255])).toEqual(tensor([0, 255], [2], 'int32'));
    expect(read('I8', [1], [255])).toEqual(tensor([-1], [1], 'int32'));
    expect(() => read('I64', [1], [0, 0, 0, 0, 1, 0, 0, 0])).toThrow(
      'x holds 4294967296, which does not fit',
    );
  });

  it('narrows whole numbers of 64 bits that fit into 32, and no other', () => {
    const read = (value: bigint) =>
      readSafetensors(oneTensor('I64', [1], new Uint8Array(BigInt64Array.of(value).buffer))).x;
    for (const value of [2n ** 31n - 1n, -(2n ** 31n), 0n]) {
      expect(read(value)).toEqual(tensor([Number(value)], [1], 'int32'));
    }
    for (const value of [2n ** 31n, -(2n ** 31n) - 1n]) {
      expect(() => read(value)).toThrow(`x holds ${value}, which does not fit`);
    }
  });

  it('knows how many bytes a number of each type has', () => {
    const types = { F64: 8, I64: 8, U64: 8, F32: 4, I32: 4, U32: 4, F16: 2, BF16: 2, I16: 2, U16: 2, I8: 1 };
    for (const [dtype, size] of Object.entries({ ...types, U8: 1, BOOL: 1, F8_E4M3: 1, F8_E5M2: 1 })) {
      const { x } = readSafetensorsHeader(oneTensor(dtype, [3], new Uint8Array(3 * size))).entries;
      expect(x).toMatchObject({ dtype, shape: [3], byteLength: 3 * size });
      expect(() => readSafetensorsHeader(oneTensor(dtype, [3], new Uint8Array(3 * size + 3)))).toThrow(
        `needs ${3 * size} bytes, has ${3 * size + 3}`,
      );
    }
  });

  it('begins data at a multiple of 8, however long the header is', () => {
    for (let letters = 0; letters < 9; letters++) {
      const file = writeSafetensors({ x: tensor([1], [1]) }, { format: 'a'.repeat(letters) });
      const { x } = readSafetensorsHeader(file).entries;
      expect(x!.byteOffset % 8).toBe(0);
      const spare = file.subarray(8, x!.byteOffset).reduce((n, byte) => n + Number(byte === 32), 0);
      expect(spare).toBeLessThan(8);
    }
  });

  it('counts a header beyond 4 GiB as one', () => {
    const head = new Uint8Array(8);
    new DataView(head.buffer).setUint32(4, 3, true);
    expect(() => readSafetensorsHeader(head)).toThrow(`the header would have ${3 * 2 ** 32} bytes`);
  });

  it.each(['F8_E5M2', 'F8_E4M3', 'U64', 'U32', 'F4', 'C64', 'toString'])(
    'a tensor of type %s is an error only when its numbers are asked for',
    (dtype) => {
      const data = new Uint8Array(8);
      const known = { dtype: 'F32', shape: [1], data_offsets: [8, 12] };
      const file = fileOf({ x: { dtype, shape: [1], data_offsets: [0, 8] }, y: known }, [
        ...data,
        0,
        0,
        0,
        0,
      ]);
      if (dtype.startsWith('F8') || dtype === 'U32') {
        expect(() => readSafetensors(file)).toThrow(/x of .* needs \d bytes, has 8/);
        return;
      }
      const { x, y } = readSafetensors(file);
      expect(y).toEqual(tensor([0], [1]));
      expect(x!.shape).toEqual([1]);
      expect(() => x!.data).toThrow(`safetensors: x is of type ${dtype}, which is not supported; convert it`);
    },
  );

  it('an empty tensor of any type is empty', () => {
    for (const dtype of ['F8_E4M3', 'F4', 'I64', 'F16']) {
      expect(readSafetensors(oneTensor(dtype, [0], []), { float32: true }).x!.data).toHaveLength(0);
    }
  });

  it.each([
    ['F32', Float32Array.of(1, Number.NaN)],
    ['F32', Float32Array.of(Number.POSITIVE_INFINITY, 1)],
    ['F32', Float32Array.of(1, Number.NEGATIVE_INFINITY)],
    ['F64', Float64Array.of(1, Number.NaN)],
    ['F64', Float64Array.of(1e300, 1)],
    ['F16', Uint16Array.of(0x3c00, 0x7c00)],
    ['F16', Uint16Array.of(0xfe01, 0)],
    ['BF16', Uint16Array.of(0x3f80, 0x7fc0)],
    ['BF16', Uint16Array.of(0xff80, 0)],
  ])('%s %j: numbers that are none are an error that names the tensor', (dtype, data) => {
    const file = oneTensor(dtype, [2], new Uint8Array(data.buffer));
    for (const float32 of [true, false]) {
      expect(() => readSafetensors(file, { float32 })).toThrow(/^safetensors: x holds NaN, an infinity or/);
    }
  });

  it('the largest numbers of each type are numbers', () => {
    const largest = Float32Array.of(3.4028234663852886e38, -1e-45, 0);
    expect(readSafetensors(writeSafetensors({ x: tensor(largest, [3]) })).x!.data).toEqual(largest);
    expect(readSafetensors(oneTensor('F16', [1], [0xff, 0x7b])).x!.data[0]).toBe(0x7bff);
    expect(readSafetensors(oneTensor('I32', [1], [0, 0, 0xc0, 0x7f])).x!.data[0]).toBe(0x7fc00000);
  });

  it('reads metadata of ten million letters back', () => {
    const note = '\\" NaN '.repeat(1_500_000);
    const file = writeSafetensors({ x: tensor([1], [1]) }, { note });
    expect(readSafetensorsHeader(file).metadata.note).toBe(note);
  });

  it('refuses to write a header that could not be read back', () => {
    expect(() => writeSafetensors({}, { note: 'x'.repeat(100_000_001) })).toThrow(/at most 100000000 fit/);
  });

  it('reads headers of the largest size, and of no size', () => {
    const head = (size: number): Uint8Array => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setUint32(0, size, true);
      return bytes;
    };
    const most = 100_000_000;
    expect(() => readSafetensorsHeader(head(most), 2 * most)).toThrow(
      'safetensors: 100000008 bytes are needed to read the header',
    );
    expect(() => readSafetensorsHeader(head(most + 1), 2 * most)).toThrow(
      'the header would have 100000001 bytes',
    );
    expect(() => readSafetensorsHeader(head(0))).toThrow('the header is not valid JSON');
    expect(readSafetensors(fileOf({}))).toEqual({});
  });

  it('reads an empty tensor wherever its entry stands', () => {
    const x = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
    const empty = { dtype: 'F32', shape: [0], data_offsets: [0, 0] };
    const end = { ...empty, data_offsets: [4, 4] };
    const file = fileOf({ end, x, empty }, [0, 0, 128, 63]);
    expect(readSafetensors(file)).toEqual({
      end: tensor([], [0]),
      x: tensor([1], [1]),
      empty: tensor([], [0]),
    });
  });

  it('keeps odd names as names', () => {
    const odd = Object.fromEntries([
      ['__proto__', tensor([1], [1])],
      ['', tensor([2], [1])],
      ['ü"\n', tensor([3], [1])],
    ]);
    expect(Object.entries(readSafetensors(writeSafetensors(odd))).length).toBe(3);
  });

  it('refuses to write data that do not fit', () => {
    const data = Float32Array.of(1);
    expect(() => writeSafetensors({ x: { dtype: 'float32', shape: [2], data } })).toThrow('x has 1 numbers');
    expect(() => writeSafetensors({ x: { dtype: 'int32', shape: [1], data } })).toThrow('not of type int32');
    expect(() => writeSafetensors({ __metadata__: tensor([1], [1]) })).toThrow('cannot be the name');
  });
});

describe('malformed safetensors', () => {
  const utf8 = (text: string) => new TextEncoder().encode(text);
  const entry = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };

  it.each([
    ['nothing', new Uint8Array(), /has 0 bytes, too few/],
    ['a huge header', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 255), /the header would have .* bytes/],
    ['a pointer', utf8('version https://git-lfs.github.com/spec/v1\noid sha256:0\n'), /git lfs pull/],
    ['a page', utf8('<!DOCTYPE html><html>'), /is a web page/],
    ['a page without a type', utf8('\n<html lang="en">'), /is a web page/],
    [
      'a pickle in a zip archive',
      Uint8Array.of(80, 75, 3, 4, 0, 0, 8, 8),
      /the file is a pickle, .*python -c/,
    ],
    ['an old pickle', Uint8Array.of(128, 2, 138, 10, 108, 252, 156, 70), /the file is a pickle, /],
    ['a GGUF', utf8('GGUF\u0003\0\0\0\u0001'), /is a GGUF, which is not read/],
    [
      'a cut header',
      Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 123),
      /the header has 9 bytes, but the file ends after 9/,
    ],
    ['no JSON', fileOf('{"x":'), /the header is not valid JSON/],
    ['a list', fileOf('[]'), /the header must hold a JSON object/],
    ['no UTF-8', fileOf('{"\xff":1}'), /the header is not UTF-8/],
    ['no entry', fileOf({ x: 3 }), /x is not an object/],
    ['no dtype', fileOf({ x: { ...entry, dtype: 31 } }), /x.dtype must be text, not 31/],
    ['a negative shape', fileOf({ x: { ...entry, shape: [-1] } }), /x.shape must be/],
    [
      'no offsets',
      fileOf({ x: { ...entry, data_offsets: [4] } }),
      /x.data_offsets must be two whole numbers/,
    ],
    [
      'turned offsets',
      fileOf({ x: { ...entry, data_offsets: [4, 0] } }),
      /x.data_offsets must be two whole numbers/,
    ],
    ['a wrong size', fileOf({ x: { ...entry, shape: [2] } }, [0, 0, 0, 0]), /needs 8 bytes, has 4/],
    ['an endless shape', fileOf({ x: { ...entry, shape: [2 ** 52, 2 ** 52] } }), /needs .* bytes, has 4/],
    [
      'a cut file',
      fileOf({ x: entry }, [0, 0]),
      /the file is truncated: x ends at byte \d+, the file at \d+/,
    ],
    ['an overlap', fileOf({ x: entry, y: entry }, [0, 0, 0, 0]), /y overlaps the tensor before it/],
    [
      'a gap',
      fileOf({ x: { ...entry, data_offsets: [4, 8] } }, new Uint8Array(8)),
      /x leaves a gap before it/,
    ],
    ['a rest', fileOf({ x: entry }, new Uint8Array(5)), /the tensors end at byte \d+, the file at/],
    ['metadata', fileOf({ __metadata__: { a: 1 } }), /__metadata__.a must be text/],
    ['a text as metadata', fileOf({ __metadata__: 'a' }), /__metadata__ must be an object/],
    ['a list as metadata', fileOf({ __metadata__: [] }), /__metadata__ must be an object/],
  ])('with %s is an error that says so', (_, file, message) => {
    expect(() => readSafetensors(file)).toThrow(message);
  });

  it('never fails in another way, whatever the bytes', () => {
    const valid = writeSafetensors(some, { a: 'b' });
    const damaged = fc
      .tuple(
        fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(valid.length),
      )
      .map(([changes, length]) => {
        const file = valid.slice();
        for (const [at, byte] of changes) file[at] = byte;
        return file.slice(0, length);
      });
    const invented = fc.json().map((text) => fileOf(text, [0, 0, 0, 0]));
    const file = fc.oneof(fc.uint8Array({ maxLength: 64 }), damaged, invented);
    fc.assert(
      fc.property(file, (bytes) => {
        try {
          for (const { data, shape } of Object.values(readSafetensors(bytes))) {
            expect(data.length).toBe(shape.reduce((product, n) => product * n, 1));
          }
        } catch (error) {
          expect(String(error)).toMatch(/^Error: safetensors: /);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('half precision', () => {
  const allBits = Uint16Array.from({ length: 65536 }, (_, i) => i);

  it('widening is exact', () => {
    const value = (bits: number): number => {
      const sign = bits & 0x8000 ? -1 : 1;
      const exponent = (bits >> 10) & 31;
      const fraction = bits & 1023;
      if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
      return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
    };
    expect(float16ToFloat32(allBits)).toEqual(Float32Array.from(allBits, value));
  });

  it('narrowing gives every half back', () => {
    const back = float32ToFloat16(float16ToFloat32(allBits));
    const isNotANumber = (bits: number) => (bits & 0x7fff) > 0x7c00;
    expect(back.filter((bits, i) => bits !== i && !isNotANumber(i))).toHaveLength(0);
    expect(back.every((bits, i) => isNotANumber(bits) === isNotANumber(i))).toBe(true);
  });

  it('narrowing rounds to the nearest, halves to even', () => {
    const finite = float16ToFloat32(allBits.slice(0, 0x7c00));
    const at = (i: number) => (i < 0x7c00 ? (finite[i] ?? 0) : 65536);
    fc.assert(
      fc.property(
        fc.nat(0x7bff),
        fc.constantFrom(0.25, 0.499, 0.5, 0.501, 0.75),
        fc.boolean(),
        (low, part, negative) => {
          const x = Math.fround(at(low) + (at(low + 1) - at(low)) * part);
          const nearest = part < 0.5 || (part === 0.5 && low % 2 === 0) ? low : low + 1;
          expect(float32ToFloat16(Float32Array.of(negative ? -x : x))[0]).toBe(
            nearest + (negative ? 0x8000 : 0),
          );
        },
      ),
      { numRuns: 5000 },
    );
    expect(float32ToFloat16(Float32Array.of(65519, 65520, 1e30, 1e-30, 2 ** -25))).toEqual(
      Uint16Array.of(0x7bff, 0x7c00, 0x7c00, 0, 0),
    );
  });

  it('bfloat16 is the upper half of a float32', () => {
    expect(bfloat16ToFloat32(Uint16Array.of(0x3f80, 0xff80, 0x4049))).toEqual(
      Float32Array.of(1, Number.NEGATIVE_INFINITY, 3.140625),
    );
  });
});

it.each(['name', 'dtype', 'shape', 'metadata'])('a %s of any length is cut in messages', (where) => {
  const long = 'x'.repeat(5000);
  const entry = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
  const headers: Readonly<Record<string, object>> = {
    name: { [long]: { ...entry, dtype: 7 } },
    dtype: { a: { ...entry, dtype: long } },
    shape: { a: { ...entry, shape: new Array(5000).fill(7) } },
    metadata: { __metadata__: { [long]: 1 }, a: entry },
  };
  const header = new TextEncoder().encode(JSON.stringify(headers[where]));
  const bytes = new Uint8Array(8 + header.length + 4);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  let message = '';
  try {
    void readSafetensors(bytes).a?.data;
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toMatch(/^safetensors: /);
  expect(message.length).toBeLessThan(700);
});
