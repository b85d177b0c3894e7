import type { Box } from '@spatiallock/core';
import { expect, test } from 'vitest';
import { type EvaluatedImage, evaluateDetections } from '../src/index.js';
import reference from './fixtures/pycocotools.json' with { type: 'json' };
import odd from './fixtures/pycocotools-odd.json' with { type: 'json' };

/** Pixels of 512 x 512 pictures to fractions, without rounding: 512 is a power of two. */
const toFractions = <T extends { box: number[] }>(item: T) => {
  const [x0, y0, x1, y1] = item.box.map((value) => value / reference.side);
  return { ...item, box: [x0, y0, x1, y1] satisfies Box as Box };
};

test("the twelve figures agree with pycocotools' on 40 random pictures", () => {
  const images: EvaluatedImage[] = reference.images.map(({ truth, detections }) => ({
    truth: truth.map(toFractions),
    detections: detections.map(toFractions),
  }));
  const evaluation = evaluateDetections(images, {
    imageSize: { width: reference.side, height: reference.side },
  });
  for (const [name, figure] of Object.entries(reference.figures)) {
    expect(evaluation[name as keyof typeof reference.figures], name).toBeCloseTo(figure, 12);
  }
});

test('and on 60 pictures of odd size, with hundredths of pixels and many overlaps that lie on a threshold', () => {
  const { width, height } = odd;
  const fractions = <T extends { bbox: number[] }>({ bbox: [x, y, w, h], ...rest }: T) => {
    const box: Box = [x / width, y / height, (x + w) / width, (y + h) / height];
    return { ...rest, box };
  };
  const images: EvaluatedImage[] = odd.images.map(({ truth, detections }) => ({
    truth: truth.map((object) => ({ ...fractions(object), area: object.area / (width * height) })),
    detections: detections.map(fractions),
    size: { width, height },
  }));
  const evaluation = evaluateDetections(images);
  for (const [name, figure] of Object.entries(odd.figures)) {
    expect(evaluation[name as keyof typeof odd.figures], name).toBeCloseTo(figure, 12);
  }
});
