// Outlines of points x y x y ..., and what tells them from a box with keypoints.

/** Beyond so many points, which no skeleton has, crossings are not sought: each edge is held against all others. */
const MOST = 300;

/** Whether two edges of a closed outline cross; edges that touch or lie on each other do not. */
export function crossesItself(numbers: readonly number[]): boolean {
  const count = numbers.length / 2;
  if (count > MOST) return false;
  const point = (i: number): Point => [numbers[2 * (i % count)]!, numbers[2 * (i % count) + 1]!];
  for (let i = 0; i < count; i++) {
    for (let k = i + 2; k < count; k++) {
      if (cross(point(i), point(i + 1), point(k), point(k + 1))) return true;
    }
  }
  return false;
}

type Point = readonly [x: number, y: number];

function cross(a: Point, b: Point, c: Point, d: Point): boolean {
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

const side = ([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point): number =>
  Math.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax));

/** Rounding of coordinates in files. */
const CLOSE = 0.002;

/** Whether four points are the corners of a turned box. */
export function isParallelogram(numbers: readonly number[]): boolean {
  const [ax, ay, bx, by, cx, cy, dx, dy] = numbers as [
    ...[number, number, number, number],
    ...[number, number, number, number],
  ];
  return Math.abs(ax + cx - bx - dx) < CLOSE && Math.abs(ay + cy - by - dy) < CLOSE;
}

/** Whether the points behind a box x y width height, each of `size` numbers, lie in it; a point of 0 0 is none. */
export function liesInBox(numbers: readonly number[], size: number): boolean {
  const [x, y, width, height] = numbers as [number, number, number, number];
  for (let at = 4; at < numbers.length; at += size) {
    const [px, py] = [numbers[at]!, numbers[at + 1]!];
    if (px === 0 && py === 0) continue;
    if (Math.abs(px - x) > width / 2 + CLOSE || Math.abs(py - y) > height / 2 + CLOSE) return false;
  }
  return true;
}
