import { describe, expect, it } from 'vitest';
import { matchObjects } from '../src/index.js';

describe('judgement', () => {
  const dog = (x: number) => ({ phrase: 'a dog', box: [x, 0, x + 0.2, 1] as const });
  const seen = (label: string, x: number, score: number) => ({ label, score, box: dog(x).box });

  it('gives each object its own detection', () => {
    const found = matchObjects(
      [dog(0), dog(0.5)],
      ['dog', 'dog'],
      [seen('dog', 0.5, 0.9), seen('dog', 0.1, 0.8)],
    );
    expect(found.map(({ detector }) => detector?.box[0])).toEqual([0.1, 0.5]);
    expect(found[0].detector?.iou).toBeCloseTo(1 / 3);
    expect(found[1].detector).toEqual({ label: 'dog', score: 0.9, box: dog(0.5).box, iou: 1 });
  });

  it('tells what was not seen from what nobody can judge', () => {
    const detections = [seen('cat', 0, 0.9), seen('dog', 0, 0.1)];
    const found = matchObjects([dog(0), dog(0)], ['dog', undefined], detections);
    expect(found).toEqual([{ ...dog(0), detector: null }, dog(0)]);
  });
});
