// The objects that were asked for: where they stand, whether they are what they should be, and in which colour.

import { type Box, iou as boxIou } from '@spatiallock/core';
import type { Art } from '../art.js';
import { COLOUR_SHARE, type ColourWord, colourShare, type Pixels } from '../colours/rule.js';
import { backdropOf } from './backdrop.js';
import { descend, type Found, locate } from './fit.js';
import { hasTurn, isMixed } from './mixing.js';
import { grown, type Picture } from './picture.js';
import { rankOf } from './rank.js';
import type { Template } from './templates.js';
import { eachPixel, fitOf, type Pose, patchOf, type View, viewOf } from './view.js';

/** What was asked for, back to front. */
export interface Asked {
  /** A class of the scenes, by index. */
  readonly index: number;
  readonly colour?: ColourWord;
  /** Corners in 0..1. */
  readonly box: Box;
}

/** What was found of an object that was asked for. */
export interface JudgedObject {
  readonly pose: Pose;
  /** IoU of the box found and the box asked for. */
  readonly iou: number;
  /** 1 when no other class fits better at this place. */
  readonly rank: number;
  /** The class (by index) that fits best. */
  readonly first: number;
  /** The part of what is there that the class explains, ..1, and the difference that stays, 0..1. */
  readonly gain: number;
  readonly misfit: number;
  /** The part of the object that no other in front covers, by the fits. */
  readonly visible: number;
  /** One half looks left, the other right; and whether left and right differ at all. */
  readonly mixed: boolean;
  readonly turns: boolean;
  /** Something of this class is there. */
  readonly present: boolean;
  /** It is there, no class fits better, and its box has an IoU of at least 0.5 with the box asked for. */
  readonly success: boolean;
  /** The share of its visible pixels in the range of the colour asked for (COCO-MIG), and whether that is enough. */
  readonly colourShare?: number;
  readonly colourRight?: boolean;
}

const LEAST_GAIN = 0.25;
const MOST_MISFIT = 0.62;
const LEAST_IOU = 0.5;
/** The search looks this much beyond a box. */
const SURROUNDINGS = 0.4;
/** Other classes have to explain what is this close to the object. */
const RIVALRY = 0.1;
/** What is hidden for the most part leaves little to tell classes apart; a rival has to explain this much more. */
const MARGIN = 0.04;
/** Sides in pixels at which objects are looked for, and then measured. */
const COARSE = 36;
const FINE = 52;

/** The largest level at which the box's longer side has at most `side` pixels; the smallest when none has. */
function levelFor<T extends { picture: Picture }>(
  levels: readonly T[],
  [x0, y0, x1, y1]: Box,
  side: number,
): T {
  const fitting = levels.find(
    ({ picture: { width, height } }) => Math.max((x1 - x0) * width, (y1 - y0) * height) <= side,
  );
  return fitting ?? levels[levels.length - 1];
}

/** A picture of the pyramid, and what it would be without its objects. */
export interface Level {
  readonly picture: Picture;
  readonly backdrop: Picture;
}

/** Pictures with their backdrops; the boxes are those of the objects. */
export const levelsOf = (pictures: readonly Picture[], boxes: readonly Box[]): Level[] =>
  pictures.map((picture) => ({ picture, backdrop: backdropOf(picture, boxes) }));

const view = (art: Art, level: Level, box: Box, behind: readonly Pose[], front: readonly Pose[]): View =>
  viewOf(art, level.picture, level.backdrop, grown(box, SURROUNDINGS), behind, front);

/** Once all are found roughly, each is fitted again among the others; at last without regard to the box asked for. */
const passes = [
  { steps: [0.04, 0.015], strength: 0.004 },
  { steps: [0.02, 0.006, 0.002], strength: 0 },
];

/** Finds the poses of all objects, those in front first, then again with the others known. */
function findAll(art: Art, levels: readonly Level[], asked: readonly Asked[]): Found[] {
  const found: Found[] = new Array(asked.length);
  const poses = (from: number, to?: number): Pose[] => found.slice(from, to).map(({ pose }) => pose);
  for (let k = asked.length - 1; k >= 0; k--) {
    const { index, box, colour } = asked[k];
    found[k] = locate(
      art,
      view(art, levelFor(levels, box, COARSE), box, [], poses(k + 1)),
      index,
      box,
      colour,
    );
  }
  for (const { steps, strength } of passes) {
    for (let k = asked.length - 1; k >= 0; k--) {
      const { box } = asked[k];
      const near = view(art, levelFor(levels, box, FINE), box, poses(0, k), poses(k + 1));
      const start = { pose: found[k].pose, cost: Number.POSITIVE_INFINITY };
      found[k] = descend(art, near, start, steps, { box, strength });
    }
  }
  return found;
}

/** The visible pixels of a pose, 0 or 255, [height, width]. */
function visibleMask(art: Art, pose: Pose, front: readonly Pose[], { width, height }: Pixels): Uint8Array {
  const mask = new Uint8Array(width * height);
  const all = [0, 0, width, height] as const;
  const size = { width, height };
  eachPixel(all, patchOf(art, pose, size), (at, data, from) => {
    if (data[from + 3] >= 128) mask[at] = 255;
  });
  for (const other of front) {
    eachPixel(all, patchOf(art, other, size), (at, data, from) => {
      if (data[from + 3] >= 64) mask[at] = 0;
    });
  }
  return mask;
}

/** Judges every object asked for, in their order. */
export function judgeObjects(
  art: Art,
  templates: readonly Template[],
  image: Pixels,
  levels: readonly Level[],
  asked: readonly Asked[],
): JudgedObject[] {
  const found = findAll(art, levels, asked);
  const poses = found.map(({ pose }) => pose);
  return asked.map(({ index, colour, box }, k): JudgedObject => {
    const { pose } = found[k];
    const [behind, front] = [poses.slice(0, k), poses.slice(k + 1)];
    const nearLevel = levelFor(levels, box, COARSE);
    const near = view(art, nearLevel, box, behind, front);
    const fit = fitOf(near, patchOf(art, pose, near.size));
    const tight = viewOf(art, nearLevel.picture, nearLevel.backdrop, grown(pose.box, RIVALRY), behind, front);
    const { rank, first } = rankOf(art, tight, templates, found[k], box, MARGIN);
    const present = fit.gain >= LEAST_GAIN && fit.misfit <= MOST_MISFIT;
    const iou = boxIou(pose.box, box);
    const share = colour && colourShare(image, visibleMask(art, pose, front, image), colour);
    return {
      pose,
      iou,
      rank,
      first,
      ...fit,
      mixed: present && isMixed(art, near, pose),
      turns: hasTurn(art, near, pose),
      present,
      success: present && rank === 1 && index === pose.index && iou >= LEAST_IOU,
      ...(share === undefined ? {} : { colourShare: share, colourRight: share >= COLOUR_SHARE }),
    };
  });
}
