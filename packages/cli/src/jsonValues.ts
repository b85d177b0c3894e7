// The values of a text that holds one, a list, or one a line; each is read by itself, so that all faults can be told.

import { messageOf } from '@spatiallock/core';
import { parseJson } from '@spatiallock/core/io';
import { readJsonFile, readLines } from '@spatiallock/node';

/** A value of a file, and where it stands. */
export interface FoundValue {
  /** Throws an error that begins with "is not JSON" where the text is none. */
  read(): unknown;
  /** How messages name it: "line 3" or "[2]"; empty for the only value. */
  readonly where: string;
}

/** The value, those of a list, or one for each line; a text that is no JSON as a whole may be so by its lines. */
export function jsonValues(text: string, byLine: boolean): FoundValue[] {
  if (byLine) return linesOf(text);
  let whole: unknown;
  try {
    whole = parsed(text);
  } catch (error) {
    const lines = linesOf(text);
    if (lines.length > 1 && isObjectLine(text)) return lines;
    throw error;
  }
  return Array.isArray(whole) ? itemsOf(whole) : [{ read: () => whole, where: '' }];
}

/** The values of a file that holds a JSON list, or one a line: lists may have several lines, objects may not. */
export async function listedValues(path: string): Promise<FoundValue[]> {
  const lines: string[] = [];
  let isFirst = true;
  for await (const line of readLines(path)) {
    if (isFirst && /^\s*\[/.test(line)) return itemsOf((await readJsonFile(path, 'it')) as unknown[]);
    isFirst &&= line.trim() === '';
    lines.push(line);
  }
  return valuesOf(lines);
}

/** Whether a file's name says that it holds a value a line. */
export const hasLines = (file: string): boolean => /\.(jsonl|ndjson)$/i.test(file);

/** What a message says before the field: "line 3: ". */
export const before = (where: string): string => (where === '' ? '' : `${where}: `);

const itemsOf = (list: readonly unknown[]): FoundValue[] =>
  list.map((value, i) => ({ read: () => value, where: `[${i}]` }));

const linesOf = (text: string): FoundValue[] => valuesOf(text.split('\n'));

const valuesOf = (lines: readonly string[]): FoundValue[] =>
  lines.flatMap((line, i) =>
    line.trim() === '' ? [] : [{ read: () => parsed(line), where: `line ${i + 1}` }],
  );

/** Whether the first line that says something is an object of its own. */
function isObjectLine(text: string): boolean {
  const line = text.trim().split('\n', 1)[0]!;
  try {
    return line.startsWith('{') && parsed(line) !== undefined;
  } catch {
    return false;
  }
}

function parsed(text: string): unknown {
  try {
    return parseJson(text, 'it');
  } catch (cause) {
    const why = messageOf(cause).replace(/^it is not valid JSON: /, '');
    throw new Error(`is not JSON (${why})`, { cause });
  }
}
