// JSON files that are longer than a string may be.

import { checkObject, checkWhole } from '@spatiallock/core/checks';

/**
 * The text of a JSON file that holds an object, with a newline at its end, in pieces: one for each item of the object's lists.
 * Together they are what `JSON.stringify(value, null, indent)` gives. Throws an error that names the argument at fault.
 */
export function jsonText(value: object, indent = 0): Iterable<string> {
  checkObject(value, 'value');
  checkWhole(indent, { min: 0, max: 10 }, 'indent');
  return { [Symbol.iterator]: () => objectPieces(value, indent) };
}

function* objectPieces(value: object, indent: number): Generator<string> {
  const fields = Object.entries(value).filter(([, each]) => JSON.stringify(shallow(each)) !== undefined);
  const { line, colon } = layoutOf(indent);
  let before = '{';
  for (const [name, each] of fields) {
    yield `${before}${line(1)}${JSON.stringify(name)}${colon}`;
    if (Array.isArray(each) && each.length > 0) yield* listPieces(each, indent);
    else yield nested(each, indent, 1);
    before = ',';
  }
  yield fields.length === 0 ? '{}\n' : `${line(0)}}\n`;
}

function* listPieces(list: readonly unknown[], indent: number): Generator<string> {
  const { line } = layoutOf(indent);
  let before = '[';
  for (const item of list) {
    yield `${before}${line(2)}${nested(item, indent, 2)}`;
    before = ',';
  }
  yield `${line(1)}]`;
}

/** Lists are not written to see whether they have a text. */
const shallow = (value: unknown): unknown => (Array.isArray(value) ? [] : value);

/** A value's text at a depth; only the layout has line ends, as those of strings are escaped. */
function nested(value: unknown, indent: number, depth: number): string {
  const text: string | undefined = JSON.stringify(value, null, indent);
  return (text ?? 'null').replaceAll('\n', layoutOf(indent).line(depth));
}

const layoutOf = (indent: number) => ({
  line: (depth: number): string => (indent === 0 ? '' : `\n${' '.repeat(indent * depth)}`),
  colon: indent === 0 ? ':' : ': ',
});
