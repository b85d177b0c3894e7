import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUtf8, parseJson, parseJsonObject } from '../src/entries/io.js';

describe('parseJson', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseJson(text, 'x')).toEqual(JSON.parse(text));
      }),
    );
  });

  it('turns the numbers that Python writes into null, and leaves texts alone', () => {
    const text = '{"a": NaN, "b": [Infinity, -Infinity, -1], "NaN": "NaN, \\"-Infinity\\" \\\\", "c":NaN}';
    expect(parseJson(text, 'x')).toEqual({
      a: null,
      b: [null, null, -1],
      NaN: 'NaN, "-Infinity" \\',
      c: null,
    });
  });

  it.each(['{"a": NaNo}', '{"a": "NaN}', '{"a": xInfinity}', '"NaN\\', ''])('refuses %j', (text) => {
    expect(() => parseJson(text, 'x.json')).toThrow(/^x\.json is not valid JSON: /);
  });

  it('passes over a byte-order mark, as bytes and as text', () => {
    expect(parseJsonObject('\ufeff{"a":1}', 'x')).toEqual({ a: 1 });
    expect(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d), 'x')).toBe('{}');
    expect(() => parseJson('\ufeff\ufeff{}', 'x')).toThrow('not valid JSON');
  });

  it.each(['[]', '1', 'null', '"{}"'])('%s is no object', (text) => {
    expect(() => parseJsonObject(text, 'x')).toThrow('x must hold a JSON object');
  });

  it('reads ten million letters of backslashes and quotes', () => {
    const long = JSON.stringify({ a: '\\"'.repeat(2_500_000), b: 'Infinity' });
    expect(parseJsonObject(long, 'x').b).toBe('Infinity');
    expect(() => parseJson(`NaN${'\\"'.repeat(5_000_000)}`, 'x')).toThrow('not valid JSON');
  });
});
