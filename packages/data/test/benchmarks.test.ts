import { DataError, type DataIssue } from '@spatiallock/data';
import { readBenchmarkCsv, readMig, readOverLayBench } from '@spatiallock/data/benchmarks';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const HEAD = 'id,category,prompt,obj1,bbox1,obj2,bbox2\n';

/** What a reader reports, and what it reads without what is bad. */
function received<T>(
  read: (options: { onIssue(issue: DataIssue): void; skipBad: boolean }) => T,
): [T, string[]] {
  const issues: string[] = [];
  const layouts = read({ onIssue: ({ kind, field }) => issues.push(`${kind} ${field}`), skipBad: true });
  return [layouts, issues];
}

describe('tables of 7Bench, C-Bench and O-Bench', () => {
  test('are read by their columns, in fractions of the square', () => {
    const text = `\uFEFF${HEAD}007,small,"a cup, and a dog",a cup,"0,128,256,512",a dog,"(256,0,512,512)"\r\n008,small,a dog,a dog,"0,0,512,256",,\n`;
    expect(readBenchmarkCsv(text)).toEqual([
      {
        id: '007',
        category: 'small',
        prompt: 'a cup, and a dog',
        objects: [
          { phrase: 'a cup', box: [0, 0.25, 0.5, 1] },
          { phrase: 'a dog', box: [0.5, 0, 1, 1] },
        ],
      },
      { id: '008', category: 'small', prompt: 'a dog', objects: [{ phrase: 'a dog', box: [0, 0, 1, 0.5] }] },
    ]);
    expect(readBenchmarkCsv(text, { side: 1024 })[0]!.objects[0]!.box).toEqual([0, 0.125, 0.25, 0.5]);
  });

  test('every line at fault is named at once', () => {
    const text = `${HEAD}1,,a dog,a dog,"0,0,9",,\n2,,,a dog,"0,0,9,9",,\n3,,a dog,a dog,"5,5,5,9",,\n1,,a cat,a cat,"0,0,9,9",,\n4,,a,,"0,0,9,9",,\n1,,x,x,"1,1,2,2",,\n5,,a,a,"0,0,9,x",,\n6,,a,a,"500,0,600,9",,\n`;
    expect(() => readBenchmarkCsv(text)).toThrow(DataError);
    const [layouts, issues] = received((options) => readBenchmarkCsv(text, options));
    expect(layouts.map(({ id }) => id)).toEqual(['1', '6']);
    expect(issues).toEqual([
      'bad line 2: bbox1',
      'bad line 3: prompt',
      'leftOut line 4: bbox1',
      'leftOut line 4',
      'bad line 6: obj1',
      'bad line 7',
      'bad line 8: bbox1',
      'clipped line 9: bbox1',
    ]);
  });

  test.each([
    ['id,prompt\n1,a dog\n', /no column obj1, bbox1/],
    ['', /no row/],
    [`${HEAD}1,"a,b\n`, /CSV/],
    [`${HEAD}1,a\n`, /CSV/],
  ])('%j is refused as a whole', (text, message) => {
    expect(() => readBenchmarkCsv(text)).toThrow(message);
  });
});

describe("COCO-MIG's layouts", () => {
  const yaml = `a photo of a red dog and a red dog:
  a red dog:
  - - 0.0
    - 0.25
    - 0.5
    - 1.0
  - - 0.5
    - 0.25
    - 1.0
    - 1.0
  coco_id: '6'
`;

  test('are read from the YAML of the generation', () => {
    expect(readMig(yaml)).toEqual([
      {
        id: '6',
        prompt: 'a photo of a red dog and a red dog',
        objects: [
          { phrase: 'a red dog', box: [0, 0.25, 0.5, 1] },
          { phrase: 'a red dog', box: [0.5, 0.25, 1, 1] },
        ],
      },
    ]);
  });

  test('and from the JSON of the evaluation', () => {
    const segment = [{ label: 'red dog', bbox: [0, 0, 0.5, 0.5] }];
    expect(readMig(JSON.stringify({ 6: { caption: 'a red dog', segment } }))).toEqual([
      { id: '6', prompt: 'a red dog', objects: [{ phrase: 'red dog', box: [0, 0, 0.5, 0.5] }] },
    ]);
  });

  test('every layout at fault is named at once', () => {
    const bad = `${yaml}two:\n  a dog: 7\n  coco_id: 7\nthree:\n  a dog:\n  - [0, 0, 300, 200]\n  coco_id: 8\nfour:\n  a dog:\n  - [0, 0, 1, 1]\n`;
    const [layouts, issues] = received((options) => readMig(bad, options));
    expect(layouts.map(({ id }) => id)).toEqual(['6']);
    expect(issues).toEqual(['bad two: a dog', 'bad three: a dog[0]', 'bad four: coco_id']);
    expect(() => readMig(bad)).toThrow(/two[\s\S]*three[\s\S]*four/);
  });

  test.each(['- a\n', 'a: [1,\n', 'a: &x [*x]\nb: *x\n', '{ "a": ', 'just text'])('%j is refused', (text) => {
    expect(() => readMig(text)).toThrow(/COCO-MIG|a:|: /);
  });
});

describe("OverLayBench's rows", () => {
  const annotation = {
    caption: 'a dog before a cat',
    annotations: {
      dog_1: { bbox: [0, 0, 512, 1024], category: 'dog' },
      nothing: { bbox: [5, 5, 5, 9], category: 'cup' },
      cat_1: { bbox: [256, 0, 1024, 1024], category: 'cat' },
    },
    valid_overlap: [{ overlap_box: [0, 2] }, { overlap_box: [0, 1] }],
  };
  const expected = {
    id: '42',
    prompt: 'a dog before a cat',
    objects: [
      { phrase: 'dog', box: [0, 0, 0.5, 1] },
      { phrase: 'cat', box: [0.25, 0, 1, 1] },
    ],
    overlaps: [[0, 1]],
  };

  test.each([
    ['a list', JSON.stringify([{ image_id: 42, annotation }])],
    ['lines', `${JSON.stringify({ image_id: '42', annotation })}\n\n`],
    ['annotations as text', JSON.stringify({ image_id: 42, annotation: JSON.stringify(annotation) })],
  ])('are read from %s; pairs follow the objects that are left', (_, text) => {
    expect(readOverLayBench(text)).toEqual([expected]);
  });

  test('text of Python is refused with what converts it', () => {
    expect(() => readOverLayBench(JSON.stringify({ image_id: 1, annotation: "{'caption': 'a'}" }))).toThrow(
      /literal_eval/,
    );
  });

  test('every row at fault is named at once', () => {
    const rows = [
      { image_id: 1, annotation: { ...annotation, valid_overlap: [{ overlap_box: [0, 3] }] } },
      { image_id: 2, annotation: { ...annotation, caption: '' } },
      { annotation },
    ];
    const [layouts, issues] = received((options) => readOverLayBench(JSON.stringify(rows), options));
    expect(layouts).toEqual([]);
    expect(issues.filter((issue) => issue.startsWith('bad'))).toEqual([
      'bad [0]: annotation.valid_overlap[0].overlap_box',
      'bad [1]: annotation.caption',
      'bad [2]: image_id',
    ]);
  });
});

test.each([
  ['csv', (text: string) => readBenchmarkCsv(HEAD + text)],
  ['mig', readMig],
  ['overlay', readOverLayBench],
] as const)('%s: any text is read or refused by an error that names a field', (_, read) => {
  const pieces = fc.array(
    fc.oneof(
      fc.constantFrom(
        '1,',
        '"',
        '\n',
        'a dog',
        '"0,0,9,9"',
        ': ',
        '- ',
        '{',
        '}',
        '[',
        ']',
        'null',
        '&a ',
        '*a',
        '|',
      ),
      fc.string({ maxLength: 6 }),
      fc.json({ maxDepth: 3 }),
    ),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(pieces, (parts) => {
      try {
        for (const { id, objects } of read(parts.join(''))) {
          if (id === '' || objects.length === 0) throw new TypeError(`a layout of nothing: ${id}`);
        }
      } catch (error) {
        if (error instanceof TypeError || error instanceof RangeError) throw error;
        expect((error as Error).message).toMatch(/./);
      }
    }),
    { numRuns: 500 },
  );
});
