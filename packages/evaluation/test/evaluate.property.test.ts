import type { Box, ImageSize } from '@spatiallock/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type EvaluatedImage, evaluateDetections } from '../src/index.js';
import { type PixelPicture, type Pixels, slowCoco } from './slow-coco.js';

// Whole pixels on pictures of odd sizes, few scores and small boxes: ties of IoU, score and size limit are common, and
// fractions of such pictures round. Boxes are multiples of 8 pixels wide and high half of the time: 32^2 ends `small`.
const sizes = fc.record({
  width: fc.integer({ min: 60, max: 700 }),
  height: fc.integer({ min: 60, max: 500 }),
});
const side = (most: number) =>
  fc.oneof(
    fc.integer({ min: 1, max: Math.min(20, most) }),
    fc
      .integer({ min: 1, max: Math.max(1, Math.floor(Math.min(120, most) / 8)) })
      .map((eights) => Math.min(most, 8 * eights)),
  );
const span = (length: number) =>
  side(length).chain((size) => fc.nat(length - size).map((from) => [from, size] as const));
const boxIn = ({ width, height }: ImageSize) =>
  fc.tuple(span(width), span(height)).map(([[x, w], [y, h]]): Pixels => [x, y, w, h]);
const labels = fc.constantFrom('cat', 'dog');
const shift = fc.constantFrom(-2, -1, 0, 0, 1, 3);

interface SizedPicture extends PixelPicture {
  readonly size: ImageSize;
}

/** Detections near the objects, so that many IoUs lie about the thresholds, and some anywhere. */
const picture = sizes.chain((size) => {
  const area = fc.option(fc.integer({ min: 1, max: 2000 }), { nil: undefined });
  const object = fc.record({ label: labels, box: boxIn(size), crowd: fc.boolean(), area });
  return fc.array(object, { maxLength: 5 }).chain((truth) => {
    const score = fc.integer({ min: 1, max: 5 }).map((fifths) => fifths / 5);
    const near = fc.record({ of: fc.nat(), moves: fc.tuple(shift, shift, shift, shift), score });
    const stray = fc.record({ label: labels, score, box: boxIn(size) });
    return fc
      .tuple(fc.array(near, { maxLength: 14 }), fc.array(stray, { maxLength: 3 }))
      .map(([moved, strays]): SizedPicture => {
        const shifted = moved.flatMap(({ of, moves: [dx, dy, dw, dh], score }) => {
          if (truth.length === 0) return [];
          const { label, box } = truth[of % truth.length];
          const [x, y] = [Math.max(0, box[0] + dx), Math.max(0, box[1] + dy)];
          const [w, h] = [Math.min(size.width - x, box[2] + dw), Math.min(size.height - y, box[3] + dh)];
          return w > 0 && h > 0 ? [{ label, score, box: [x, y, w, h] satisfies Pixels as Pixels }] : [];
        });
        return { size, truth, detections: [...strays, ...shifted] };
      });
  });
});

/** As the package takes it. */
function inFractions({ size, truth, detections }: SizedPicture): EvaluatedImage {
  const { width, height } = size;
  const fractions = ([x, y, w, h]: Pixels): Box => [x / width, y / height, (x + w) / width, (y + h) / height];
  return {
    size,
    truth: truth.map(({ area, ...object }) => ({
      ...object,
      box: fractions(object.box),
      ...(area === undefined ? {} : { area: area / (width * height) }),
    })),
    detections: detections.map((detection) => ({ ...detection, box: fractions(detection.box) })),
  };
}

const thresholds = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];

test('AP and AR on whole pixels agree with the definition computed the slow way', () => {
  const runs = fc.tuple(fc.array(picture, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 14 }));
  fc.assert(
    fc.property(runs, ([pictures, maxDetections]) => {
      fc.pre(pictures.some(({ truth }) => truth.some(({ crowd }) => !crowd)));
      const result = evaluateDetections(pictures.map(inFractions), { maxDetections });
      const slow = (range: readonly [number, number], few = maxDetections, at = thresholds) =>
        slowCoco(pictures, { range, maxDetections: Math.min(few, maxDetections), thresholds: at });
      const near = (figure: number | null, other: number | null, name: string) =>
        other === null ? expect(figure, name).toBeNull() : expect(figure, name).toBeCloseTo(other, 10);
      const all = slow([0, Infinity]);
      near(result.AP, all.AP, 'AP');
      near(result.AR, all.AR, 'AR');
      near(result.AP50, slow([0, Infinity], maxDetections, [0.5]).AP, 'AP50');
      near(result.AP75, slow([0, Infinity], maxDetections, [0.75]).AP, 'AP75');
      near(result.AR1, slow([0, Infinity], 1).AR, 'AR1');
      near(result.AR10, slow([0, Infinity], 10).AR, 'AR10');
      near(result.APSmall, slow([0, 1024]).AP, 'APSmall');
      near(result.ARSmall, slow([0, 1024]).AR, 'ARSmall');
      near(result.APMedium, slow([1024, 9216]).AP, 'APMedium');
      near(result.ARMedium, slow([1024, 9216]).AR, 'ARMedium');
      near(result.APLarge, slow([9216, Infinity]).AP, 'APLarge');
      near(result.ARLarge, slow([9216, Infinity]).AR, 'ARLarge');
      for (const { label, AP, AP50 } of result.labels) {
        const own = pictures.map(({ truth, detections, ...picture }) => ({
          ...picture,
          truth: truth.filter((object) => object.label === label),
          detections: detections.filter((detection) => detection.label === label),
        }));
        const range = [0, Infinity] as const;
        near(AP, slowCoco(own, { range, maxDetections, thresholds }).AP, `AP of ${label}`);
        near(AP50, slowCoco(own, { range, maxDetections, thresholds: [0.5] }).AP, `AP50 of ${label}`);
      }
    }),
    { numRuns: 400 },
  );
});

test('an overlap of whole pixels that lies on a threshold reaches it, whatever the size of the picture', () => {
  // Of 20 columns 11 to 19 are shared: IoU 0.55, 0.6, ... 0.95.
  fc.assert(
    fc.property(sizes, fc.integer({ min: 10, max: 19 }), fc.nat(30), fc.nat(30), (size, shared, x, y) => {
      const { truth, detections } = inFractions({
        size,
        truth: [{ label: 'cat', box: [x, y, 20, 7] }],
        detections: [{ label: 'cat', score: 1, box: [x, y, shared, 7] }],
      });
      const { AP, meanIoU, instanceSuccessRate } = evaluateDetections([{ truth, detections, size }], {
        successIoU: shared / 20,
      });
      expect(AP).toBeCloseTo((shared - 9) / 10, 12);
      expect(meanIoU).toBe(shared / 20);
      expect(instanceSuccessRate).toBe(1);
    }),
  );
});

test('mean IoU depends on the order of neither objects nor detections', () => {
  fc.assert(
    fc.property(picture.map(inFractions), (only) => {
      fc.pre(only.truth.some(({ crowd }) => !crowd));
      const figures = evaluateDetections([only]);
      const { truth, detections } = only;
      const otherDetections = { truth, detections: [...detections].reverse() };
      const otherTruth = { truth: [...truth].reverse(), detections };
      expect(evaluateDetections([otherDetections]).meanIoU).toBeCloseTo(figures.meanIoU, 12);
      expect(evaluateDetections([otherTruth]).meanIoU).toBeCloseTo(figures.meanIoU, 12);
    }),
  );
});
