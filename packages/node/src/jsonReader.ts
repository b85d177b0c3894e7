// Parses JSON that comes in pieces: containers near the top are built, and what they hold is parsed item by item.

import { parseJson } from '@spatiallock/core/io';

type Expected = 'value' | 'value or end' | 'name' | 'name or end' | 'colon' | 'next' | 'nothing';

/** An object or list that is being read; the outermost one is the whole text, which holds one value. */
interface Container {
  readonly kind: 'object' | 'list' | 'whole';
  readonly values: unknown[];
  readonly names: string[];
  expected: Expected;
}

/** Containers deeper than this are parsed whole. */
const BUILT = 2;

const isSpace = (letter: string): boolean =>
  letter === ' ' || letter === '\n' || letter === '\r' || letter === '\t';

/** Takes a text piece by piece. Both functions throw an error that begins with `what` where the text is not JSON. */
export interface JsonReader {
  push(piece: string): void;
  /** The value, as `parseJson` gives it. */
  end(): unknown;
}

export function jsonReader(what: string): JsonReader {
  const whole: Container = { kind: 'whole', values: [], names: [], expected: 'value' };
  const open: Container[] = [whole];
  const leaf = leafScanner();
  let read = 0;

  const refuse = (found: string, at: number): never => {
    throw new Error(`${what} is not valid JSON: unexpected ${found} at position ${at}`);
  };
  const top = (): Container => open.at(-1)!;
  const add = (value: unknown): void => {
    top().values.push(value);
    top().expected = top().kind === 'whole' ? 'nothing' : 'next';
  };
  const takeLeaf = (): void => {
    const text = leaf.take();
    const value = parseJson(text, what);
    if (top().expected.startsWith('name')) {
      top().names.push(value as string);
      top().expected = 'colon';
    } else add(value);
  };

  /** What a letter outside of leaves does; false where it begins a leaf. */
  const structure = (letter: string, at: number): boolean => {
    const { kind, expected, values, names } = top();
    const takesValue = expected.startsWith('value');
    if (takesValue && (letter === '{' || letter === '[') && open.length <= BUILT) {
      const isList = letter === '[';
      open.push({
        ...{ kind: isList ? 'list' : 'object', values: [], names: [] },
        expected: isList ? 'value or end' : 'name or end',
      });
    } else if (letter === (kind === 'list' ? ']' : '}') && kind !== 'whole' && mayEnd(expected)) {
      open.pop();
      add(kind === 'list' ? values : Object.fromEntries(names.map((name, i) => [name, values[i]])));
    } else if (letter === ',' && expected === 'next') {
      top().expected = kind === 'list' ? 'value' : 'name';
    } else if (letter === ':' && expected === 'colon') {
      top().expected = 'value';
    } else if (takesValue && !',:]}'.includes(letter)) {
      return false;
    } else if (expected.startsWith('name') && letter === '"') {
      return false;
    } else {
      refuse(JSON.stringify(letter), at);
    }
    return true;
  };

  return {
    push(piece) {
      let at = 0;
      while (at < piece.length) {
        if (leaf.begun()) {
          at = leaf.scan(piece, at);
          if (leaf.ended()) takeLeaf();
        } else if (isSpace(piece[at]!) || structure(piece[at]!, read + at)) at++;
        else leaf.begin();
      }
      read += piece.length;
    },
    end() {
      // A number has no end of its own.
      if (leaf.begun()) takeLeaf();
      if (whole.expected !== 'nothing') refuse('end', read);
      return whole.values[0];
    },
  };
}

const mayEnd = (expected: Expected): boolean => expected === 'next' || expected.endsWith('or end');

const [QUOTE, BACKSLASH] = ['"', '\\'].map((letter) => letter.charCodeAt(0));
const OPENING = [...'{['].map((letter) => letter.charCodeAt(0));
const CLOSING = [...'}]'].map((letter) => letter.charCodeAt(0));
const BEHIND = [...',: \n\r\t'].map((letter) => letter.charCodeAt(0));

/** Finds the end of a value that is parsed whole. */
function leafScanner() {
  let parts: string[] | undefined;
  let [depth, inText, escaped, done] = [0, false, false, false];
  /** The place behind the value, if it ends in this piece. */
  const endIn = (piece: string, from: number): number | undefined => {
    for (let at = from; at < piece.length; at++) {
      const letter = piece.charCodeAt(at);
      if (escaped) escaped = false;
      else if (inText) {
        if (letter === BACKSLASH) escaped = true;
        else if (letter === QUOTE) {
          inText = false;
          if (depth === 0) return at + 1;
        }
      } else if (letter === QUOTE) inText = true;
      else if (OPENING.includes(letter)) depth++;
      else if (CLOSING.includes(letter)) {
        if (depth === 0) return at;
        if (--depth === 0) return at + 1;
      } else if (depth === 0 && BEHIND.includes(letter)) return at;
    }
    return undefined;
  };
  return {
    begun: (): boolean => parts !== undefined,
    ended: (): boolean => done,
    begin(): void {
      parts = [];
      [depth, inText, escaped, done] = [0, false, false, false];
    },
    scan(piece: string, from: number): number {
      const end = endIn(piece, from);
      parts!.push(piece.slice(from, end));
      done = end !== undefined;
      return end ?? piece.length;
    },
    take(): string {
      const text = parts!.join('');
      parts = undefined;
      return text;
    },
  };
}
