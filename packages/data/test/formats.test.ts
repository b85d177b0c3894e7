import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  drawLayout,
  type LabelledImage,
  parseSpecification,
  readCoco,
  readYolo,
  writeCoco,
  writeYolo,
} from '../src/index.js';

const classLabels = Array.from({ length: 64 }, (_, i) => `thing ${i}`);
const specification = parseSpecification({ count: 4, classes: classLabels, objects: [2, 6] });
const images: LabelledImage[] = [0, 1, 2, 3].map((seed) => {
  const { prompt: caption, objects } = drawLayout(specification, seed);
  return {
    fileName: `${seed}.png`,
    width: 128,
    height: 96,
    caption,
    objects: objects.map(({ label, box, phrase }) => ({ label, box, phrase })),
  };
});

/** Numbers that survived a division and a product may differ in their last digits. */
const rounded = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, entry) => (typeof entry === 'number' ? Number(entry.toFixed(9)) : entry)),
  );

function failure(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(TypeError);
    expect(error).not.toBeInstanceOf(RangeError);
    return (error as Error).message;
  }
}

const named = /^(COCO data|images|annotations|categories)\S*: /;

describe('COCO', () => {
  it('has pictures of one pixel', () => {
    const [dot] = readCoco(
      JSON.stringify(writeCoco([{ ...images[0]!, width: 1, height: 1, objects: [] }], classLabels)),
    );
    expect(dot).toMatchObject({ width: 1, height: 1 });
  });

  it('reads back what it wrote', () => {
    const text = JSON.stringify(writeCoco(images, classLabels));
    expect(rounded(readCoco(text))).toEqual(rounded(images));
  });

  it('leaves crowd regions out', () => {
    const data = writeCoco(images, classLabels);
    const [first, ...rest] = data.annotations;
    const read = readCoco({ ...data, annotations: [{ ...first, iscrowd: 1 }, ...rest] });
    expect(read[0].objects).toHaveLength(images[0].objects.length - 1);
    expect(read[0]).not.toHaveProperty('crowds');
  });

  it('gives crowd regions and those to ignore to those who ask for them, but for those that it cannot understand', () => {
    const data = writeCoco(images, classLabels);
    const crowd = { ...data.annotations[0], iscrowd: 1, bbox: [-5, 0, 10, 10] };
    const bad = [
      { ...crowd, bbox: 'x' },
      { ...crowd, category_id: 999 },
      { ...crowd, image_id: 999 },
    ];
    const ignored = { ...crowd, iscrowd: 0, ignore: 1, bbox: [0, 0, 20, 10] };
    const issues: unknown[] = [];
    const read = readCoco(
      { ...data, annotations: [...data.annotations, crowd, ...bad, ignored] },
      { crowds: true, onIssue: (issue) => issues.push(issue) },
    );
    const { width, height } = images[0];
    const box = [0, 0, 5 / width, 10 / height];
    const { label } = images[0].objects[0];
    expect(read[0].crowds).toEqual([
      { label, box },
      { label, box: [0, 0, 20 / width, 10 / height] },
    ]);
    expect(rounded(read.map(({ crowds: _, ...image }) => image))).toEqual(rounded(images));
    expect(read[1]).not.toHaveProperty('crowds');
    expect(issues).toEqual([]);
    expect(() => readCoco(data, { crowds: 1 as never })).toThrow(/^options\.crowds: /);
  });

  it('names the field that is wrong', () => {
    const data = writeCoco(images, classLabels);
    const broken = (change: object): unknown => ({
      ...data,
      annotations: [{ ...data.annotations[0], ...change }],
    });
    expect(failure(() => readCoco('{'))).toMatch(/^COCO data: is not valid JSON/);
    expect(failure(() => readCoco([]))).toBe('COCO data: must be an object, is []');
    expect(failure(() => readCoco({}))).toBe('categories: must be an array, is missing');
    expect(failure(() => readCoco(broken({ category_id: 99 })))).toMatch(
      /^annotations\[0\].category_id: .*99/,
    );
    expect(failure(() => readCoco(broken({ image_id: 99 })))).toMatch(/^annotations\[0\].image_id: .*99/);
    expect(failure(() => readCoco(broken({ bbox: [0, 0, 1] })))).toMatch(
      /^annotations\[0\].bbox: must hold 4/,
    );
    expect(failure(() => readCoco(broken({ bbox: [0, 0, 'x', 5] })))).toMatch(
      /bbox\[2\]: must be a finite number/,
    );
    const double = [data.images[0], { ...data.images[0], file_name: 'other.png' }];
    expect(failure(() => readCoco({ ...data, images: double }))).toMatch(/^images\[1\].id: 1 is used twice/);
    expect(failure(() => writeCoco(images, ['unicorn']))).toMatch(/images\[0\].objects\[0\].label/);
  });

  it('answers any input with data or with a readable error', () => {
    const entry = fc.dictionary(
      fc.constantFrom(
        'id',
        'name',
        'file_name',
        'width',
        'height',
        'image_id',
        'category_id',
        'bbox',
        'iscrowd',
      ),
      fc.oneof(
        fc.integer({ min: 0, max: 2 }),
        fc.jsonValue(),
        fc.array(fc.double(), { maxLength: 5 }),
        fc.string(),
      ),
    );
    const list = fc.oneof(fc.array(entry, { maxLength: 3 }), fc.jsonValue());
    const data = fc.record({ images: list, annotations: list, categories: list }, { requiredKeys: [] });
    const property = fc.property(fc.oneof(data, fc.anything(), fc.string()), (source) => {
      const message = failure(() => readCoco(source));
      if (message !== undefined) expect(message).toMatch(named);
    });
    fc.assert(property, { seed: 1, numRuns: 500 });
  });

  it('survives one changed value anywhere in good data', () => {
    const text = JSON.stringify(writeCoco(images.slice(0, 1), classLabels.slice()));
    const property = fc.property(fc.nat(text.length - 1), fc.string({ maxLength: 3 }), (at, patch) => {
      const message = failure(() => readCoco(text.slice(0, at) + patch + text.slice(at + patch.length)));
      if (message !== undefined) expect(message).toMatch(named);
    });
    fc.assert(property, { seed: 2, numRuns: 500 });
  });
});

describe('YOLO', () => {
  it('reads back what it wrote, to six digits', () => {
    for (const { objects } of images) {
      const read = readYolo(writeYolo(objects, classLabels), classLabels);
      expect(read.map((object) => object.label)).toEqual(objects.map((object) => object.label));
      for (const [i, { box }] of read.entries()) {
        for (const [k, edge] of box.entries()) expect(Math.abs(edge - objects[i].box[k])).toBeLessThan(2e-6);
      }
    }
  });

  it('names the line that is wrong', () => {
    expect(failure(() => readYolo('0 0.5 0.5 0.2 0.2\n0 0.5 0.5 0.2', classLabels))).toMatch(
      /^line 2: must hold 5 numbers/,
    );
    expect(failure(() => readYolo('64 0.5 0.5 0.2 0.2', classLabels))).toBe(
      'line 1: class 64 must be an integer in 0..63',
    );
    expect(failure(() => readYolo('0 0.5 x 0.2 0.2', classLabels))).toBe(
      'line 1: "x" is not a finite number',
    );
    expect(failure(() => readYolo('0 0.9 0.5 0.4 0.2', classLabels))).toMatch(
      /^line 1: the box leaves the picture/,
    );
    expect(failure(() => writeYolo([{ label: 'unicorn', box: [0, 0, 1, 1] }], classLabels))).toMatch(
      /^objects\[0\].label/,
    );
  });

  it('answers any text with objects or with a readable error', () => {
    const number = fc.oneof(
      fc.double().map(String),
      fc.integer({ min: -1, max: 70 }).map(String),
      fc.constant('0.5'),
      fc.string(),
    );
    const line = fc.array(number, { minLength: 4, maxLength: 6 }).map((parts) => parts.join(' '));
    const text = fc.oneof(
      fc.string(),
      fc.array(line, { maxLength: 4 }).map((lines) => lines.join('\n')),
    );
    const property = fc.property(text, (source) => {
      const message = failure(() => readYolo(source, classLabels));
      for (const line of message?.split('\n') ?? []) expect(line).toMatch(/^line \d+: /);
    });
    fc.assert(property, { seed: 3, numRuns: 500 });
  });
});
