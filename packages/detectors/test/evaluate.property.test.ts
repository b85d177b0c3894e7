import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Box, evaluateDetections } from '../src/index.js';
import { slowCoco } from './slow-coco.js';

// A grid of sixteenths on 128 pixels and few scores: ties of IoU, score and size limit are common. 16 cells are 32^2.
const SIDE = 128;
const edge = fc.integer({ min: 1, max: 16 });
const boxes = fc
  .tuple(fc.nat(12), fc.nat(12), edge, edge)
  .map(([x, y, w, h]): Box => [x / 16, y / 16, Math.min(16, x + w) / 16, Math.min(16, y + h) / 16]);
const labels = fc.constantFrom('cat', 'dog');
const object = fc.record({ label: labels, box: boxes, crowd: fc.boolean() });
const shift = fc.constantFrom(-1, 0, 0, 1).map((step) => step / 16);

/** Detections near the objects, so that many IoUs lie about the thresholds, and some anywhere. */
const image = fc.array(object, { maxLength: 5 }).chain((truth) => {
  const score = fc.integer({ min: 1, max: 5 }).map((fifths) => fifths / 5);
  const near = fc.record({ of: fc.nat(), moves: fc.tuple(shift, shift, shift, shift), score });
  const stray = fc.record({ label: labels, score, box: boxes });
  return fc
    .tuple(fc.array(near, { maxLength: 14 }), fc.array(stray, { maxLength: 3 }))
    .map(([moved, strays]) => {
      const shifted = moved.flatMap(({ of, moves, score }) => {
        if (truth.length === 0) return [];
        const { label, box } = truth[of % truth.length];
        const [x0, y0, x1, y1] = box.map((value, i) => Math.min(1, Math.max(0, value + moves[i])));
        return x1 > x0 && y1 > y0 ? [{ label, score, box: [x0, y0, x1, y1] satisfies Box as Box }] : [];
      });
      return { truth, detections: [...strays, ...shifted] };
    });
});

const thresholds = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];

test('AP and AR agree with the definition computed the slow way', () => {
  const runs = fc.tuple(fc.array(image, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 14 }));
  fc.assert(
    fc.property(runs, ([images, maxDetections]) => {
      fc.pre(images.some(({ truth }) => truth.some(({ crowd }) => !crowd)));
      const result = evaluateDetections(images, { imageSize: { width: SIDE, height: SIDE }, maxDetections });
      const slow = (range: readonly [number, number], few = maxDetections, at = thresholds) =>
        slowCoco(images, { range, side: SIDE, maxDetections: Math.min(few, maxDetections), thresholds: at });
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
      near(result.APMedium, slow([1024, 9216]).AP, 'APMedium');
      near(result.ARLarge, slow([9216, Infinity]).AR, 'ARLarge');
    }),
    { numRuns: 150 },
  );
});

test('mean IoU depends on the order of neither objects nor detections', () => {
  fc.assert(
    fc.property(image, (only) => {
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
