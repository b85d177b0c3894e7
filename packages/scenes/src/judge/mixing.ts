// Objects of which one half looks left and the other right.

import type { Art } from '../art.js';
import { CAP, eachPixel, type Pose, patchOf, type View } from './view.js';

/** A half has to fit the other turn better by this much of the cap. */
const MARGIN = 0.05;

/** For the left and the right half of a pose, how much better (0..1 of the cap a pixel) its own turn fits than the other. */
function advantages(art: Art, view: View, pose: Pose): [left: number, right: number] {
  const [x0, , x1] = pose.box;
  const middle = ((x0 + x1) / 2) * view.size.width;
  const [left] = view.range;
  const width = view.range[2] - left;
  const sums: [number, number] = [0, 0];
  const pixels: [number, number] = [0, 0];
  const add = (turned: Pose, sign: number): void => {
    eachPixel(view.range, patchOf(art, turned, view.size), (at, data, from) => {
      const half = (at % width) + left + 0.5 < middle ? 0 : 1;
      const keep = 1 - data[from + 3] / 255;
      let difference = 0;
      for (let c = 0; c < 3; c++) {
        difference += Math.abs(view.image[3 * at + c] - view.base[3 * at + c] * keep - data[from + c]);
      }
      sums[half] += sign * view.open[at] * Math.min(CAP, difference);
      pixels[half] += 0.5 * view.open[at];
    });
  };
  add({ ...pose, flip: !pose.flip }, 1);
  add(pose, -1);
  return [sums[0] / Math.max(1, pixels[0]) / CAP, sums[1] / Math.max(1, pixels[1]) / CAP];
}

/** True when one half fits the pose's turn, and the other half the opposite one. */
export function isMixed(art: Art, view: View, pose: Pose): boolean {
  const [left, right] = advantages(art, view, pose);
  return Math.min(left, right) < -MARGIN && Math.max(left, right) > MARGIN;
}

/** True when a class looks different from left and right, in a view where it stands. */
export function hasTurn(art: Art, view: View, pose: Pose): boolean {
  const [left, right] = advantages(art, view, pose);
  return Math.max(left, right) > MARGIN;
}
