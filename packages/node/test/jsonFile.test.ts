// Texts and JSON that are longer than a string may be: here in pieces of a few bytes.

import { constants } from 'node:buffer';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseJson } from '@spatiallock/core/io';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { fitsText, jsonText, readJsonFile, readLines, readTextFile } from '../src/index.js';
import { readJsonInPieces } from '../src/jsonFile.js';
import { jsonReader } from '../src/jsonReader.js';
import { linesOf, textPieces } from '../src/textFile.js';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  return { ...real, stat: vi.fn(real.stat) };
});

const folder = mkdtempSync(join(tmpdir(), 'spatiallock-json-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'a.json');

/** A value, or the message of the error. */
function outcome(action: () => unknown): unknown {
  try {
    return { value: action() };
  } catch (error) {
    return (error as Error).message.split(': ')[0];
  }
}

function inPieces(text: string, size: number): unknown {
  const reader = jsonReader('it');
  for (let at = 0; at < text.length; at += size) reader.push(text.slice(at, at + size));
  return reader.end();
}

describe('jsonText', () => {
  it('gives what JSON.stringify gives', () => {
    const property = fc.property(
      fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue()), fc.constant(undefined))),
      fc.integer({ min: 0, max: 3 }),
      (value, indent) => {
        expect([...jsonText(value, indent)].join('')).toBe(`${JSON.stringify(value, null, indent)}\n`);
      },
    );
    fc.assert(property, { seed: 1, numRuns: 500 });
  });

  it('has pieces no longer than an item of a list', () => {
    const images = Array.from({ length: 2000 }, (_, id) => ({ id, file_name: `${id}.png` }));
    const lengths = [...jsonText({ info: { version: 1 }, images })].map((piece) => piece.length);
    expect(Math.max(...lengths)).toBeLessThan(60);
  });

  it('refuses what is no object, and indents that are none', () => {
    expect(() => jsonText(3 as never)).toThrow(/^value: /);
    expect(() => jsonText({}, -1)).toThrow(/^indent: /);
  });
});

describe('JSON in pieces', () => {
  it('is what it is as a whole', () => {
    const property = fc.property(
      fc.jsonValue(),
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 1, max: 9 }),
      (value, indent, size) => {
        const text = ` ${JSON.stringify(value, null, indent)}\n`;
        expect(inPieces(text, size)).toEqual(parseJson(text, 'it'));
      },
    );
    fc.assert(property, { seed: 2, numRuns: 500 });
  });

  it('is refused where it is as a whole', () => {
    const letters = fc.constantFrom(...'{}[],:"\\ 1a-.'.split(''), 'null', '"a"', 'NaN', '\n');
    const property = fc.property(
      fc.array(letters, { maxLength: 12 }),
      fc.integer({ min: 1, max: 4 }),
      (parts, size) => {
        const text = parts.join('');
        const whole = outcome(() => parseJson(text, 'it'));
        expect(outcome(() => inPieces(text, size))).toEqual(whole);
      },
    );
    fc.assert(property, { seed: 3, numRuns: 5000 });
    const good = '{"images": [{"a": [1, {"b": "]"}]}, 2], "n": -1.5e3, "n": [NaN, -Infinity]}';
    for (let at = 0; at <= good.length; at++) {
      for (const text of [good.slice(0, at), good.slice(0, at) + good.slice(at + 1)]) {
        expect(outcome(() => inPieces(text, 3))).toEqual(outcome(() => parseJson(text, 'it')));
      }
    }
  });

  it.each([
    ['UTF-8', 'utf8', ''],
    ['UTF-8 with a mark', 'utf8', '\uFEFF'],
    ['UTF-16', 'utf16le', '\uFEFF'],
    ['UTF-16 without a mark', 'utf16le', ''],
  ] as const)('is read from a file in %s', async (_, encoding, mark) => {
    const value = { images: [{ name: 'Küche 🐶' }], ['__proto__']: 1 };
    writeFileSync(path, mark + JSON.stringify(value), encoding);
    expect(await readJsonInPieces(path, 'it', 3)).toEqual(await readJsonFile(path));
    const pieces: string[] = [];
    for await (const piece of textPieces(path, 3)) pieces.push(piece);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(6);
  });

  it('is how a file is read that is longer than a string may be', async () => {
    writeFileSync(path, '{"images": [1, 2]}');
    const found = await fs.stat(path);
    const long = vi
      .mocked(fs)
      .stat.mockImplementation(async () => Object.assign(found, { size: constants.MAX_STRING_LENGTH + 1 }));
    try {
      expect(await fitsText(path)).toBe(false);
      expect(await readJsonFile(path)).toEqual({ images: [1, 2] });
      await expect(readTextFile(path)).rejects.toThrow(`${path}: is too long to be read as one text`);
    } finally {
      long.mockReset();
    }
  });

  it('names the file that is damaged or not there', async () => {
    writeFileSync(path, Buffer.from([0x7b, 0x22, 0xff, 0x22]));
    await expect(readJsonInPieces(path, 'it', 3)).rejects.toThrow(`${path}: is not UTF-8 text`);
    await expect(readJsonInPieces(join(folder, 'none'), 'it')).rejects.toThrow(join(folder, 'none'));
    await expect(readJsonFile(join(folder, 'none'))).rejects.toThrow(join(folder, 'none'));
    await expect(readJsonFile(3 as never)).rejects.toThrow(/^path: /);
    expect(() => readLines(3 as never)).toThrow(/^path: /);
  });
});

describe('lines of a file', () => {
  it('are those of its text, whatever its pieces', async () => {
    const letters = fc.constantFrom('a', '\n', '\r\n', 'é', '');
    const property = fc.asyncProperty(
      fc.array(letters),
      fc.integer({ min: 1, max: 5 }),
      async (parts, size) => {
        const text = parts.join('');
        async function* pieces() {
          for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
        }
        const lines: string[] = [];
        for await (const line of linesOf(pieces())) lines.push(line);
        expect(lines.join('\n')).toBe(text.replaceAll('\r\n', '\n').replace(/\n$/, ''));
      },
    );
    await fc.assert(property, { seed: 4, numRuns: 300 });
    writeFileSync(path, '\uFEFFone\r\ntwo');
    const lines: string[] = [];
    for await (const line of readLines(path)) lines.push(line);
    expect(lines).toEqual(['one', 'two']);
  });
});
