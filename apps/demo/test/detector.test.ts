import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultText, MOST_READ, MOST_SHOWN, readResult } from '../src/detector/check.js';

const detection = { label: 'thing', score: 0.5, box: [0, 0, 0.5, 0.5] };
const read = (detections: unknown) => readResult({ labels: ['thing'], detections, milliseconds: 3 });
const reading = (detections: unknown) => () => read(detections);

describe('what a plugin returns', () => {
  it('is taken over where it can be, whatever list the box is', () => {
    const box = new Float32Array([0, 0, 0.5, 0.5]);
    expect(read([detection, { ...detection, box }])).toEqual({
      labels: ['thing'],
      detections: [detection, detection],
      found: 2,
      milliseconds: 3,
    });
  });

  it('is refused by the field at fault', () => {
    expect(reading(undefined)).toThrow('detections: must be a list, not undefined');
    expect(reading(null)).toThrow('detections: must be a list, not null');
    expect(reading([null])).toThrow('detections[0].label: undefined is not one of labels');
    expect(reading([{ ...detection, label: 'dog' }])).toThrow(
      'detections[0].label: "dog" is not one of labels',
    );
    expect(reading([{ ...detection, score: '1' }])).toThrow(
      'detections[0].score: must be a finite number, not "1"',
    );
    expect(reading([{ ...detection, score: Number.NaN }])).toThrow('not NaN');
    expect(reading([{ ...detection, box: [0, 0, 2, 1] }])).toThrow(
      'detections[0].box: x1 (2) must lie in 0..1',
    );
    expect(reading([{ ...detection, box: [0, 0, 1] }])).toThrow('not 3 values');
    expect(reading([{ ...detection, box: [0, 0, { toString: 0 }, 1] }])).toThrow(
      '{ toString: 0 } is not a number',
    );
    expect(() => readResult(null)).toThrow('labels: must be a list, not undefined');
    expect(() => readResult({ labels: [{}], detections: [] })).toThrow('labels[0]: must be text');
  });

  it('is bounded in number and length: the best are shown, and how many there were', () => {
    const many = Array.from({ length: 5000 }, (_, i) => ({ ...detection, score: i / 5000 }));
    const { detections, found } = read(many);
    expect(found).toBe(5000);
    expect(detections).toHaveLength(MOST_SHOWN);
    expect(detections[0]!.score).toBe(4999 / 5000);
    expect(reading(new Array(4e9))).toThrow(`has 4000000000 entries; at most ${MOST_READ} are read`);
    expect(() => readResult({ labels: ['x'.repeat(1e6)], detections: [] })).toThrow(
      'labels[0]: has 1000000 letters; at most 100 are shown',
    );
    expect(reading([{ ...detection, label: 'x'.repeat(1e6) }])).toThrow(/^.{60,130}$/);
  });

  it('is read once, so that a getter cannot answer twice in different ways', () => {
    let reads = 0;
    const shifty = Object.defineProperty({ ...detection }, 'box', {
      get: () => (reads++ === 0 ? [0, 0, 1, 1] : null),
    });
    expect(read([shifty]).detections[0]!.box).toEqual([0, 0, 1, 1]);
    expect(reads).toBe(1);
    let corners = 0;
    const box = Object.defineProperty([0, 0, 0, 1], 2, { get: () => (corners++ === 0 ? 1 : Number.NaN) });
    expect(read([{ ...detection, box }]).detections[0]!.box).toEqual([0, 0, 1, 1]);
  });

  it('is a bounded result or an error with a short message, whatever it is', () => {
    const entry = fc.oneof(
      fc.anything(),
      fc.record({ label: fc.anything(), score: fc.anything(), box: fc.anything() }),
      fc.record({ label: fc.constant('thing'), score: fc.double(), box: fc.array(fc.anything()) }),
    );
    const given = fc.oneof(
      fc.anything(),
      fc.record({ labels: fc.constant(['thing']), detections: fc.array(entry), milliseconds: fc.anything() }),
    );
    fc.assert(
      fc.property(given, (value) => {
        try {
          const { detections, found } = readResult(value);
          expect(detections.length).toBeLessThanOrEqual(Math.min(found, MOST_SHOWN));
          for (const { label, score, box } of detections) {
            expect(typeof label).toBe('string');
            expect([score, ...box].every(Number.isFinite)).toBe(true);
          }
        } catch (cause) {
          expect((cause as Error).message.length).toBeLessThan(300);
          expect((cause as Error).message).toMatch(/^(labels|detections)/);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('what a plugin throws', () => {
  it('is described in a short text, whatever it is', () => {
    expect(faultText(new Error('no'))).toBe('no');
    expect(faultText('no')).toBe('no');
    expect(faultText(null)).toBe('null');
    expect(faultText(new Error(''))).toBe('no message');
    expect(faultText(new Error('x'.repeat(1e6))).length).toBe(500);
    const unreadable = {
      get message(): string {
        throw new Error('again');
      },
    };
    expect(faultText(unreadable)).toBe('{ message: a getter }');
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(faultText(value).length).toBeLessThanOrEqual(500);
      }),
    );
  });
});
