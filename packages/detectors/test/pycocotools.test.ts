import { expect, test } from 'vitest';
import { type Box, type EvaluatedImage, evaluateDetections } from '../src/index.js';
import reference from './fixtures/pycocotools.json' with { type: 'json' };

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
