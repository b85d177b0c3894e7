// Text in PNG files: what a picture was made from travels with it (W3C PNG, third edition, sections 5 and 11.3.3).

import { checkBytes, checkText } from '@spatiallock/core/checks';

/** The keyword of the text that says what a picture was made from, as JSON: layout, seed and sampling settings. */
export const PNG_KEYWORD = 'spatiallock';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Of a chunk: its length, its type and its checksum, 4 bytes each. */
const FRAME = 12;
const LONGEST_KEYWORD = 79;

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** Where the chunk begins and ends in the file, with its frame. */
  readonly start: number;
  readonly end: number;
}

/** Whether the bytes begin as a PNG file does. */
export const isPng = (bytes: Uint8Array): boolean => {
  checkBytes(bytes, 'bytes');
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
};

/**
 * The text that a PNG file holds under a keyword, of a tEXt or an uncompressed iTXt chunk; undefined where it holds none.
 * Throws an error where the bytes are no PNG file, or where the chunk is damaged.
 */
export function readPngText(bytes: Uint8Array, keyword: string): string | undefined {
  checkBytes(bytes, 'bytes');
  checkText(keyword, 'keyword');
  for (const { type, data, start, end } of chunksOf(bytes)) {
    const text = textIn(type, data, keyword);
    if (text === undefined) continue;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view.getUint32(end - 4) !== crc32(bytes.subarray(start + 4, end - 4))) {
      throw new Error(`PNG: the text of ${keyword} is damaged`);
    }
    return text;
  }
  return undefined;
}

/**
 * The PNG file with a text under a keyword, in place of those that it held there; as tEXt where the text is plain ASCII,
 * else as iTXt. `keyword`: 1 to 79 letters of ASCII. Throws an error where the bytes are no PNG file.
 */
export function withPngText(bytes: Uint8Array, keyword: string, text: string): Uint8Array<ArrayBuffer> {
  checkBytes(bytes, 'bytes');
  checkText(keyword, 'keyword');
  checkText(text, 'text');
  if (!/^[!-~](?:[ -~]{0,77}[!-~])?$/.test(keyword)) {
    throw new Error('keyword: must be 1 to 79 letters of ASCII without a space at its ends');
  }
  const chunks = [...chunksOf(bytes)];
  const [head] = chunks;
  if (head?.type !== 'IHDR') throw new Error('PNG: the file does not begin with its header');
  const others = chunks.filter(({ type, data }) => textIn(type, data, keyword) === undefined);
  const parts = others.map(({ start, end }) => bytes.subarray(start, end));
  return joined([Uint8Array.from(SIGNATURE), parts[0]!, chunkOf(keyword, text), ...parts.slice(1)]);
}

/** One after another: a file may hold millions. */
function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  if (!isPng(bytes)) throw new Error('PNG: the file does not begin as PNG files do');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = SIGNATURE.length;
  while (start < bytes.length) {
    const length = start + FRAME <= bytes.length ? view.getUint32(start) : Number.POSITIVE_INFINITY;
    const end = start + FRAME + length;
    if (end > bytes.length) throw new Error('PNG: the file ends within a chunk');
    const type = latin1(bytes.subarray(start + 4, start + 8));
    yield { type, data: bytes.subarray(start + 8, end - 4), start, end };
    if (type === 'IEND') break;
    start = end;
  }
}

/** The text of a chunk with this keyword; undefined for any other chunk. */
function textIn(type: string, data: Uint8Array, keyword: string): string | undefined {
  if (type !== 'tEXt' && type !== 'iTXt') return undefined;
  // A keyword is short: what begins with megabytes of anything else is not decoded.
  const end = data.subarray(0, LONGEST_KEYWORD + 1).indexOf(0);
  if (end < 0 || latin1(data.subarray(0, end)) !== keyword) return undefined;
  if (type === 'tEXt') return latin1(data.subarray(end + 1));
  if (data[end + 1] !== 0) throw new Error(`PNG: the text of ${keyword} is compressed, which is not read`);
  const language = data.indexOf(0, end + 3);
  const translated = language < 0 ? -1 : data.indexOf(0, language + 1);
  if (translated < 0) throw new Error(`PNG: the text of ${keyword} is damaged`);
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(data.subarray(translated + 1));
}

function chunkOf(keyword: string, text: string): Uint8Array {
  const isAscii = Array.from(text).every((letter) => letter > '\0' && letter <= '\x7f');
  const encoder = new TextEncoder();
  // iTXt: no compression, its method, no language, no translated keyword.
  const between = isAscii ? [0] : [0, 0, 0, 0, 0];
  const content = [
    encoder.encode(isAscii ? 'tEXt' : 'iTXt'),
    encoder.encode(keyword),
    Uint8Array.from(between),
    encoder.encode(text),
  ];
  const body = joined(content);
  return joined([uint32(body.length - 4), body, uint32(crc32(body))]);
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Bytes that are made into letters at once: a call takes no more arguments. */
const PIECE = 8192;

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) {
    text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  }
  return text;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** The checksum of PNG's chunks (W3C PNG, annex D). */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
