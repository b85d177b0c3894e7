import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { isPng, readPngText, withPngText } from '../src/index.js';

const KEY = 'spatiallock';
let png: Uint8Array;

beforeAll(async () => {
  const data = Uint8Array.from({ length: 12 * 8 * 3 }, (_, i) => (i * 7) % 256);
  png = await sharp(data, { raw: { width: 12, height: 8, channels: 3 } })
    .png()
    .toBuffer();
});

const pixels = (bytes: Uint8Array): Promise<Buffer> => sharp(bytes).raw().toBuffer();

/** The kinds of the chunks, read without our own code. */
function kinds(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes);
  const found: string[] = [];
  for (let at = 8; at < buffer.length; at += 12 + buffer.readUInt32BE(at)) {
    found.push(buffer.toString('latin1', at + 4, at + 8));
  }
  return found;
}

describe('text in PNG files', () => {
  it('comes back as it was written, and the picture is the same', async () => {
    for (const text of ['', '{"prompt":"a dog"}', 'ein Äpfelchen 🍎', '\uFEFFmarked', 'x'.repeat(300_000)]) {
      const written = withPngText(png, KEY, text);
      expect(readPngText(written, KEY)).toBe(text);
      expect(await pixels(written)).toEqual(await pixels(png));
    }
    expect(kinds(withPngText(png, KEY, 'plain')).slice(0, 2)).toEqual(['IHDR', 'tEXt']);
    expect(kinds(withPngText(png, KEY, 'Ä')).slice(0, 2)).toEqual(['IHDR', 'iTXt']);
  });

  it('takes the place of an older one, and leaves those of others', () => {
    const twice = withPngText(withPngText(withPngText(png, 'Comment', 'mine'), KEY, 'old'), KEY, 'new Ä');
    expect(readPngText(twice, KEY)).toBe('new Ä');
    expect(readPngText(twice, 'Comment')).toBe('mine');
    expect(kinds(twice).filter((kind) => /^[ti]/.test(kind))).toEqual(['iTXt', 'tEXt']);
    expect(readPngText(png, KEY)).toBeUndefined();
  });

  it('has the checksum that zlib gives', () => {
    const written = Buffer.from(withPngText(png, KEY, 'checked'));
    const at = written.indexOf('tEXt');
    const end = at + 4 + written.readUInt32BE(at - 4);
    // The last 8 bytes of gzip are the checksum, little-endian, and the length.
    const body = written.subarray(at, end);
    const expected = gzipChecksum(body);
    expect(written.readUInt32BE(end)).toBe(expected);
  });

  it('says what is wrong with a file, whatever it holds', () => {
    const written = withPngText(png, KEY, 'a text that is long enough to be cut');
    const damaged = written.slice();
    damaged[written.length - png.length + 30] = 0;
    expect(() => readPngText(damaged, KEY)).toThrow(/^PNG: /);
    expect(() => readPngText(new Uint8Array(4), KEY)).toThrow('PNG: the file does not begin as PNG files do');
    expect(() => withPngText(png, '', 'x')).toThrow(/^keyword: /);
    expect(() => withPngText(png, 'x'.repeat(80), 'x')).toThrow(/^keyword: /);
    fc.assert(
      fc.property(fc.nat(written.length), fc.nat(255), fc.nat(written.length), (at, byte, length) => {
        const changed = written.slice(0, length);
        changed[at] = byte;
        try {
          const text = readPngText(changed, KEY);
          // Whatever else was changed, a text that is read is the one that was written.
          if (text !== undefined) expect(text).toBe('a text that is long enough to be cut');
        } catch (cause) {
          expect((cause as Error).message).toMatch(/^PNG: /);
        }
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
        const bytes = Uint8Array.from([...png.slice(0, 8), ...tail]);
        expect(isPng(bytes)).toBe(true);
        try {
          readPngText(bytes, KEY);
        } catch (cause) {
          expect((cause as Error).message).toMatch(/^PNG: /);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('survives any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(readPngText(withPngText(png, KEY, text), KEY)).toBe(text);
      }),
    );
  });

  it('is looked for without decoding what cannot be it', () => {
    const chunk = (type: string, data: Uint8Array): Buffer => {
      const frame = Buffer.alloc(4);
      frame.writeUInt32BE(data.length);
      return Buffer.concat([frame, Buffer.from(type), data, Buffer.alloc(4)]);
    };
    const head = Buffer.from(png).subarray(0, 33);
    const heavy = chunk('tEXt', Buffer.alloc(2 ** 20, 'x'));
    heavy[heavy.length - 6] = 0;
    const empty = chunk('IDAT', new Uint8Array());
    const found = Buffer.concat([
      withPngText(png, KEY, 'found'),
      ...Array.from({ length: 20_000 }, () => empty),
    ]);
    const made = vi.spyOn(String, 'fromCharCode');
    expect(readPngText(Buffer.concat([head, heavy]), KEY)).toBeUndefined();
    expect(readPngText(found, KEY)).toBe('found');
    const letters = made.mock.calls.reduce((sum, call) => sum + call.length, 0);
    made.mockRestore();
    expect(letters).toBeLessThan(1000);
  });

  it('refuses compressed text by name', () => {
    const compressed = deflateSync(Buffer.from('hidden'));
    const data = Buffer.concat([Buffer.from(`${KEY}\0`), Buffer.from([1, 0, 0, 0]), compressed]);
    const body = Buffer.concat([Buffer.from('iTXt'), data]);
    const frame = Buffer.alloc(4);
    frame.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(gzipChecksum(body));
    const head = Buffer.from(png).subarray(0, 33);
    const file = Buffer.concat([head, frame, body, sum, Buffer.from(png).subarray(33)]);
    expect(() => readPngText(file, KEY)).toThrow('PNG: the text of spatiallock is compressed');
  });
});

/** CRC-32 by zlib: gzip ends with it. */
function gzipChecksum(bytes: Uint8Array): number {
  const packed = gzipSync(bytes);
  return packed.readUInt32LE(packed.length - 8);
}
