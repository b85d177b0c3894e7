// Finds the four edges, the side and the colour of a class in a view.

import type { Box } from '@spatiallock/core';
import type { Art, Sprite } from '../art.js';
import type { ColourWord } from '../colours/rule.js';
import { CAP, costOf, type Pose, patchOf, type View } from './view.js';

/** A pose, and what of the view it leaves unexplained. */
export interface Found {
  readonly pose: Pose;
  readonly cost: number;
}

/** The colours to try for a class: its own, and every word that it can wear. */
export const colourOptions = ({ colours }: Sprite): (ColourWord | undefined)[] => [undefined, ...colours];

/** A prior on boxes: strength 0 is none. */
export interface Prior {
  readonly box: Box;
  readonly strength: number;
}

/** What an edge costs that is off by this part of the box's side, in the unit of `strength`. */
const EDGE_ERROR = 0.12;

function priorCost(
  { box: [x0, y0, x1, y1], strength }: Prior,
  found: Box,
  { size: { width, height } }: View,
): number {
  const [w, h] = [x1 - x0, y1 - y0];
  const errors = [(found[0] - x0) / w, (found[1] - y0) / h, (found[2] - x1) / w, (found[3] - y1) / h];
  const squares = errors.reduce((sum, error) => sum + (error / EDGE_ERROR) ** 2, 0);
  return strength * CAP * w * width * h * height * squares;
}

function price(art: Art, view: View, pose: Pose, prior: Prior): number {
  const cost = costOf(view, patchOf(art, pose, view.size));
  return prior.strength > 0 ? cost + priorCost(prior, pose.box, view) : cost;
}

/** A box may move by this part of the one that it started from, and change its size by this factor. */
const REACH = 0.4;
const LEAST_SCALE = 0.55;
const MOST_SCALE = 1.7;

function within([x0, y0, x1, y1]: Box, start: Box): boolean {
  const [width, height] = [start[2] - start[0], start[3] - start[1]];
  const [w, h] = [x1 - x0, y1 - y0];
  if (w < LEAST_SCALE * width || w > MOST_SCALE * width) return false;
  if (h < LEAST_SCALE * height || h > MOST_SCALE * height) return false;
  return (
    Math.abs(x0 + x1 - start[0] - start[2]) <= 2 * REACH * width &&
    Math.abs(y0 + y1 - start[1] - start[3]) <= 2 * REACH * height
  );
}

/** Moves of a box by a step: each edge, the whole, and the size. */
const moves: readonly Box[] = [
  [1, 0, 0, 0],
  [-1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, -1, 0, 0],
  [0, 0, 1, 0],
  [0, 0, -1, 0],
  [0, 0, 0, 1],
  [0, 0, 0, -1],
  [1, 0, 1, 0],
  [-1, 0, -1, 0],
  [0, 1, 0, 1],
  [0, -1, 0, -1],
  [1, 1, -1, -1],
  [-1, -1, 1, 1],
];

/**
 * Walks downhill from a pose; `steps` are parts of the width and height of the prior's box, from large to small. Poses
 * stay near that box.
 */
export function descend(
  art: Art,
  view: View,
  start: Found,
  steps: readonly number[],
  prior: Prior = { box: start.pose.box, strength: 0 },
): Found {
  const origin = prior.box;
  const [width, height] = [origin[2] - origin[0], origin[3] - origin[1]];
  let best = start;
  for (const step of steps) {
    // A move that helped is tried again at once; a step ends when a whole round of moves has not helped.
    for (let k = 0, idle = 0; idle < moves.length; k = (k + 1) % moves.length) {
      const [a, b, c, d] = moves[k];
      const [x0, y0, x1, y1] = best.pose.box;
      const box: Box = [
        x0 + a * step * width,
        y0 + b * step * height,
        x1 + c * step * width,
        y1 + d * step * height,
      ];
      const cost = within(box, origin)
        ? price(art, view, { ...best.pose, box }, prior)
        : Number.POSITIVE_INFINITY;
      if (cost < best.cost - 1e-6) {
        best = { pose: { ...best.pose, box }, cost };
        idle = 0;
        k--;
      } else idle++;
    }
  }
  return best;
}

const shifts: readonly (readonly [number, number])[] = [-0.1, 0, 0.1].flatMap((x) =>
  [-0.1, 0, 0.1].map((y) => [x, y] as const),
);

/** How many turns and colours, beside the one asked for, are tried nearby, and how many are followed. */
const KEPT = 4;
const FOLLOWED = 1;
/** A look in the colour that was asked for is followed in any case, and wins when another is no better than by this part. */
const ASKED_BONUS = 0.04;
/** How strongly the first look keeps to its box: a twin nearby fits as well. */
const PRIOR = 0.012;

/** Looks for a class near a box: tries its colours and both sides at once, then follows the best of them. */
export function locate(art: Art, view: View, index: number, box: Box, asked: ColourWord | undefined): Found {
  const [width, height] = [box[2] - box[0], box[3] - box[1]];
  const prior = { box, strength: PRIOR };
  const looks = colourOptions(art.sprites[index]).flatMap((colour) =>
    [false, true].map((flip): Found => {
      const pose = { index, flip, colour, box };
      return { pose, cost: price(art, view, pose, prior) };
    }),
  );
  looks.sort((a, b) => a.cost - b.cost);
  const isAsked = ({ pose }: Found): boolean => pose.colour === asked;
  const kept = [...looks.filter(isAsked), ...looks.filter((look) => !isAsked(look)).slice(0, KEPT)];
  const moved = kept
    .map(({ pose, cost }) => {
      const near = shifts.map(([dx, dy]): Found => {
        const there = {
          ...pose,
          box: [
            box[0] + dx * width,
            box[1] + dy * height,
            box[2] + dx * width,
            box[3] + dy * height,
          ] as const,
        };
        return { pose: there, cost: price(art, view, there, prior) };
      });
      return near.reduce((best, look) => (look.cost < best.cost ? look : best), { pose, cost });
    })
    .sort((a, b) => a.cost - b.cost);
  const starts = [...moved.filter(isAsked), ...moved.filter((look) => !isAsked(look)).slice(0, FOLLOWED)];
  const worth = (found: Found): number => found.cost - (isAsked(found) ? ASKED_BONUS * view.total : 0);
  const [first] = starts
    .map((look) => descend(art, view, look, [0.1, 0.04], prior))
    .sort((a, b) => worth(a) - worth(b));
  return first;
}
