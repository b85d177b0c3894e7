// Inputs near valid ones: JSON in which some values are replaced, left out or added.

import fc, { type Arbitrary } from 'fast-check';

const numbers = [
  ...[-1, 0, 1, 2, 3, 7, 0.5, -0, 1.5, 1e-12, 1e-300],
  ...[100, 1e3, 1e5, 1e6, 1e9, 2 ** 31, 2 ** 32, 2 ** 53, 1e38, 1e300, -1e9],
];
const texts = [
  '',
  ' ',
  'true',
  '1',
  '__proto__',
  'constructor',
  'toString',
  '\ufeff',
  '\u0000',
  'a'.repeat(5000),
  '\\"'.repeat(500),
];

/** Any value of JSON, the awkward ones often. */
export const awkwardJson: Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<unknown>(...numbers) },
  { weight: 3, arbitrary: fc.constantFrom<unknown>(...texts) },
  { weight: 3, arbitrary: fc.constantFrom<unknown>(null, true, false, [], {}, [[]], [null], { content: 1 }) },
  { weight: 2, arbitrary: fc.array(fc.constantFrom<unknown>(...numbers, null, 'x'), { maxLength: 6 }) },
  { weight: 1, arbitrary: fc.double() },
  { weight: 1, arbitrary: fc.integer({ min: -10, max: 2000 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

/** What only code can hand over. */
export const awkwardValue: Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: awkwardJson },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(
      ...[undefined, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 10n ** 30n, Symbol('s')],
      ...[() => 1, new Date(0), new Map(), new Float32Array(3), /x/, new Proxy({}, {}), Object.create(null)],
      ...[{ toString: 0 }, { valueOf: () => ({}) }, { toJSON: () => 1 / 0 }, new Array(3), new Error('e')],
    ),
  },
);

interface Edit {
  readonly kind: 'replace' | 'remove' | 'repeat' | 'add';
  readonly at: number;
  readonly value: unknown;
}

type Path = readonly (string | number)[];

/** One of the values, with up to `most` places replaced, left out, repeated or added to. */
export function edited<T>(bases: readonly T[], values: Arbitrary<unknown>, most = 3): Arbitrary<unknown> {
  const edit: Arbitrary<Edit> = fc.record({
    kind: fc.constantFrom<Edit['kind']>('replace', 'replace', 'replace', 'remove', 'repeat', 'add'),
    at: fc.nat(),
    value: values,
  });
  return fc
    .tuple(fc.constantFrom<T>(...bases), fc.array(edit, { maxLength: most }))
    .map(([base, edits]) => edits.reduce<unknown>(applied, base));
}

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null || path.length > 6) return [path];
  const entries = Array.isArray(value) ? value.map((each, i) => [i, each] as const) : Object.entries(value);
  return [path, ...entries.flatMap(([key, each]) => pathsOf(each, [...path, key]))];
}

function applied(value: unknown, { kind, at, value: given }: Edit): unknown {
  const paths = pathsOf(value).slice(1);
  const path = paths[at % Math.max(1, paths.length)];
  return path ? changed(value, path, kind, given) : given;
}

function changed(value: unknown, [key, ...rest]: Path, kind: Edit['kind'], given: unknown): unknown {
  if (key === undefined) return given;
  if (Array.isArray(value)) return changedList(value, Number(key), rest, kind, given);
  const entries = Object.entries(value as object);
  if (rest.length > 0) {
    return Object.fromEntries(entries.map(([k, v]) => [k, k === key ? changed(v, rest, kind, given) : v]));
  }
  if (kind === 'remove') return Object.fromEntries(entries.filter(([k]) => k !== key));
  if (kind === 'add' || kind === 'repeat')
    return Object.fromEntries([...entries, [`${String(key)}_`, given]]);
  return Object.fromEntries(entries.map(([k, v]) => [k, k === key ? given : v]));
}

function changedList(value: readonly unknown[], at: number, rest: Path, kind: Edit['kind'], given: unknown) {
  if (rest.length > 0) return value.map((each, i) => (i === at ? changed(each, rest, kind, given) : each));
  if (kind === 'remove') return value.filter((_, i) => i !== at);
  if (kind === 'repeat') return [...value.slice(0, at + 1), ...value.slice(at)];
  return value.map((each, i) => (i === at ? given : each));
}

const signs = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '-',
  'e',
  '9',
  '.',
  '\\',
  '\n',
  '\u0000',
  '\ufeff',
  'é',
  '😀',
  '\ud800',
];

/** A text with some letters replaced or put in, cut, doubled, or begun by a byte-order mark. */
export function scribbled(text: Arbitrary<string>): Arbitrary<string> {
  const scribble = fc.record({ at: fc.nat(), sign: fc.constantFrom(...signs), erases: fc.nat({ max: 3 }) });
  return fc
    .tuple(text, fc.array(scribble, { maxLength: 4 }), fc.constantFrom('', '', '', 'cut', 'twice', 'mark'))
    .map(([whole, scribbles, end]) => {
      const changed = scribbles.reduce((given, { at, sign, erases }) => {
        const place = at % (given.length + 1);
        return given.slice(0, place) + sign + given.slice(place + erases);
      }, whole);
      if (end === 'cut') return changed.slice(0, changed.length >> 1);
      return end === 'twice' ? changed + changed : end === 'mark' ? `\ufeff${changed}` : changed;
    });
}
