// How much pictures of one layout by different seeds differ.

import type { Box, RgbImage } from '@spatiallock/core';
import { checkImage, checkList, checkObjects, checkWhole } from '@spatiallock/core/checks';
import { checkDetections, checkJudges, checkSampling, checkScene, checkScenes } from './checkArguments.js';
import { type Look, lookAt, type NamedEvaluator } from './look.js';
import { MIN_SCORE } from './metrics/evaluate.js';
import { matchInstances } from './metrics/instances.js';
import { type Generator, type SampleOptions, samplePictures } from './sample.js';
import type { EvaluatedLayout } from './scene.js';

/** How much pictures of one layout differ, as one judge sees it. */
export interface VarietyFigures {
  /** Mean distance of the mean colours outside of the boxes asked for, 0..1 of the cube's diagonal. */
  readonly tone: number;
  /** Mean standard deviation of the edges found, as a part of the box's side; null where no object was found twice. */
  readonly edges: number | null;
  /** 1 where objects face left as often as right, 0 where all face one way; null where the judge does not tell. */
  readonly flips: number | null;
}

/** The variety of several layouts, by several judges. */
export interface SeedVarietyFigures {
  readonly layouts: number;
  readonly seeds: number;
  /** By the judge's name. */
  readonly judges: Readonly<Record<string, VarietyFigures>>;
}

/** Options of `seedVariety`. */
export interface SeedVarietyOptions extends SampleOptions {
  readonly pipe: Generator;
  readonly judges: readonly NamedEvaluator[];
  readonly scenes: readonly EvaluatedLayout[];
  /** Pictures of each layout, at least 2. */
  readonly seeds: number;
}

/** Paints each scene by several seeds, and measures how much the pictures differ. */
export async function seedVariety(options: SeedVarietyOptions): Promise<SeedVarietyFigures> {
  checkSampling(options);
  checkScenes(options.scenes, 'options.scenes');
  checkJudges(options.judges, 'options.judges');
  checkWhole(options.seeds, { min: 2, max: 1e6 }, 'options.seeds');
  const { pipe, judges, scenes, seeds, ...sampling } = options;
  const rows = scenes.flatMap((scene) => Array.from({ length: seeds }, () => scene));
  const sampled = await samplePictures(
    pipe,
    rows.map(({ layout }) => layout),
    sampling,
  );
  const images = sampled.map(({ image }) => image);
  const figures: [string, VarietyFigures][] = [];
  for (const judge of judges) {
    const looks = await lookAt(judge, images, rows, sampling.signal);
    const own = scenes.map((scene, i) => {
      const part = <T>(all: readonly T[]): T[] => all.slice(i * seeds, (i + 1) * seeds);
      return varietyOfScene(scene, part(images), part(looks));
    });
    figures.push([judge.name, meansOf(own)]);
  }
  return { layouts: scenes.length, seeds, judges: Object.fromEntries(figures) };
}

function meansOf(all: readonly VarietyFigures[]): VarietyFigures {
  const of = (pick: (each: VarietyFigures) => number | null): number | null => {
    const values = all.map(pick).filter((value) => value !== null);
    return values.length === 0 ? null : mean(values);
  };
  return {
    tone: of(({ tone }) => tone) ?? 0,
    edges: of(({ edges }) => edges),
    flips: of(({ flips }) => flips),
  };
}

/** The variety of two or more pictures of one scene. */
export function varietyOfScene(
  scene: EvaluatedLayout,
  images: readonly RgbImage[],
  looks: readonly Look[],
): VarietyFigures {
  checkScene(scene, 'scene');
  checkList(images, 'images', 'pictures').forEach(
    (image, i) => void checkImage(image as RgbImage, `images[${i}]`),
  );
  if (images.length < 2) throw new Error(`images: ${images.length} given; variety needs two or more`);
  if (checkObjects(looks, 'looks', 'looks').length !== images.length) {
    throw new Error(`looks: ${looks.length} for ${images.length} pictures; give one for each`);
  }
  looks.forEach(({ detections }, i) => void checkDetections(detections, `looks[${i}].detections`));
  const { objects } = scene.layout;
  const boxes = objects.map(({ box }) => box);
  const tones = images.map((image) => meanColour(image, boxes));
  const distances = tones.flatMap((a, i) => tones.slice(i + 1).map((b) => distance(a, b)));
  const truth = objects.map(({ box }, i) => ({ box, label: scene.labels[i]! }));
  const found = looks.map(({ detections }) => {
    const seen = detections.filter(({ score }) => score >= MIN_SCORE);
    return matchInstances(truth, seen).map(({ detection }) => seen[detection]?.box);
  });
  const slots = objects.map((_, k) => found.map((each) => each[k]).filter((box) => box !== undefined));
  const edges = slots.filter(({ length }) => length >= 2).map(edgeSpread);
  const turns = objects.flatMap((_, k) => {
    const left = looks
      .map(({ measures }) => measures?.objects[k]?.left)
      .filter((value) => value !== undefined);
    return left.length < 2 ? [] : [mean(left.map(Number))];
  });
  return {
    tone: mean(distances),
    edges: edges.length === 0 ? null : mean(edges),
    flips: turns.length === 0 ? null : mean(turns.map((left) => 4 * left * (1 - left))),
  };
}

/** Mean standard deviation of the four edges, as a part of the mean sides. */
function edgeSpread(boxes: readonly Box[]): number {
  const side = (axis: 0 | 1): number => mean(boxes.map((box) => box[axis + 2]! - box[axis]!));
  const sides = [side(0), side(1)];
  return mean([0, 1, 2, 3].map((edge) => deviation(boxes.map((box) => box[edge]!)) / sides[edge % 2]!));
}

type Colour = readonly [number, number, number];

/** The mean colour of the pixels outside of all boxes, 0..255; of all pixels where boxes cover the picture. */
function meanColour({ width, height, data }: RgbImage, boxes: readonly Box[]): Colour {
  const [open, all] = [
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + x);
      const [u, v] = [(x + 0.5) / width, (y + 0.5) / height];
      const covered = boxes.some(([x0, y0, x1, y1]) => u > x0 && u < x1 && v > y0 && v < y1);
      for (const sums of covered ? [all] : [all, open]) {
        for (let c = 0; c < 3; c++) sums[c]! += data[at + c]!;
        sums[3]!++;
      }
    }
  }
  const [red, green, blue, count] = open[3]! > 0 ? open : all;
  return [red! / count!, green! / count!, blue! / count!];
}

const distance = (a: Colour, b: Colour): number =>
  Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) / (255 * Math.sqrt(3));

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}
