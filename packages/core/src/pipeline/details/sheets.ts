// Which parts of a picture are enlarged, and how they share a sheet.

import { enclosingBox } from '../../geometry/box.js';
import { type Box, containment } from '../../geometry/index.js';
import type { Rectangle, Sides } from '../imagePlanes.js';
import { type Layout, type LayoutObject, MAX_OBJECTS } from '../layout.js';

/** A part of a picture, and where it stands on its sheet, enlarged. */
export interface Tile {
  /** The object that is painted again, by its place in the layout. */
  readonly object: number;
  /** In pixels of the picture. */
  readonly crop: Rectangle;
  /** In pixels of the sheet. */
  readonly cell: Rectangle;
}

/** Up to four tiles that are painted as one picture, of the size of the whole. */
export interface Sheet {
  readonly tiles: readonly Tile[];
  /** What it is asked to show. */
  readonly layout: Layout;
}

const MOST_TILES = 4;
/** The longer side of an enlarged object, as a share of the shorter one of the sheet. */
const ENLARGED = 0.39;
/** An object that would hardly be enlarged stays. */
const LEAST_ZOOM = 1.1;
/** The same for an object with those that overlap it. */
const LEAST_GROUP_ZOOM = 1.3;
/** The part of a cell's side that such a group may fill. */
const FILLED = 0.92;
/** The part of an object that others cover at the least. */
const OVERLAP = 0.02;
/** Of a neighbour, so much has to lie in the crop to be asked for there. */
const NEIGHBOUR_PART = 0.9;

interface Enlarged {
  readonly object: number;
  readonly box: Box;
  readonly zoom: number;
}

/** The sheets of a layout's small objects; empty where it has none. */
export function sheetsOf(layout: Layout, size: Sides, below: number): readonly Sheet[] {
  const { objects } = layout;
  const small = objects.flatMap(({ box }, object): Enlarged[] => {
    const [width, height] = [(box[2] - box[0]) * size.width, (box[3] - box[1]) * size.height];
    const zoom = (ENLARGED * Math.min(size.width, size.height)) / Math.max(width, height);
    const isSmall = Math.sqrt(width * height) < below * Math.sqrt(size.width * size.height);
    return isSmall && zoom >= LEAST_ZOOM ? [{ object, box, zoom }] : [];
  });
  const count = Math.ceil(small.length / MOST_TILES);
  return Array.from({ length: count }, (_, sheet) => {
    const own = small.filter((_, i) => i % count === sheet);
    const cells = cellsOf(own.length, size);
    const tiles = own.map((each, i) => tileOf(each, cells[i]!, size, objects));
    return { tiles, layout: sheetLayout(layout, tiles, size) };
  });
}

/** One cell, two side by side or one above the other, or four quarters. */
function cellsOf(count: number, { width, height }: Sides): readonly Rectangle[] {
  const columns = count > 2 || (count === 2 && width >= height) ? 2 : 1;
  const rows = count > 2 || (count === 2 && width < height) ? 2 : 1;
  const cell = { width: Math.floor(width / columns), height: Math.floor(height / rows) };
  return Array.from({ length: columns * rows }, (_, i) => ({
    ...cell,
    left: (i % columns) * cell.width,
    top: Math.floor(i / columns) * cell.height,
  }));
}

/** The crop holds what overlaps the object, too, where that leaves it enlarged: what hides what is then painted together. */
function tileOf(
  { object, box, zoom }: Enlarged,
  cell: Rectangle,
  size: Sides,
  objects: Layout['objects'],
): Tile {
  const overlapping = objects.map((each) => each.box).filter((other) => containment(box, other) > OVERLAP);
  const group = overlapping.reduce(enclosingBox, box);
  const [width, height] = [(group[2] - group[0]) * size.width, (group[3] - group[1]) * size.height];
  const together = Math.min(zoom, (FILLED * cell.width) / width, (FILLED * cell.height) / height);
  const [shown, factor] = together >= LEAST_GROUP_ZOOM ? [group, together] : [box, zoom];
  const [left, cropWidth] = cropSpan(shown[0], shown[2], size.width, cell.width / factor);
  const [top, cropHeight] = cropSpan(shown[1], shown[3], size.height, cell.height / factor);
  return { object, cell, crop: { left, top, width: cropWidth, height: cropHeight } };
}

/** So many pixels about the middle of two edges, moved inside of the picture: the first, and their number. */
function cropSpan(from: number, to: number, side: number, wanted: number): readonly [number, number] {
  const length = Math.min(side, Math.max(1, Math.round(wanted)));
  const first = Math.round(((from + to) / 2) * side - length / 2);
  return [Math.min(side - length, Math.max(0, first)), length];
}

/** What a sheet is asked to show: each tile's object, and the neighbours that lie in its crop, back to front. */
export function sheetLayout<L extends Layout>(
  layout: L,
  tiles: readonly Tile[],
  size: Sides,
  most = MAX_OBJECTS,
): L {
  const own = tiles.map((tile) => ({ tile, depth: tile.object }));
  const neighbours = tiles.flatMap((tile) =>
    layout.objects.flatMap(({ box }, depth) => {
      const isNeighbour = depth !== tile.object && containment(box, cropBox(tile, size)) >= NEIGHBOUR_PART;
      return isNeighbour ? [{ tile, depth }] : [];
    }),
  );
  const asked = [...own, ...neighbours].slice(0, most).sort((a, b) => a.depth - b.depth);
  return { ...layout, objects: asked.map(({ tile, depth }) => onSheet(layout.objects[depth]!, tile, size)) };
}

const cropBox = ({ crop: { left, top, width, height } }: Tile, size: Sides): Box => [
  left / size.width,
  top / size.height,
  (left + width) / size.width,
  (top + height) / size.height,
];

/** An object with its box on the sheet. */
function onSheet<O extends LayoutObject>(object: O, { crop, cell }: Tile, size: Sides): O {
  const x = (at: number): number =>
    (cell.left + scaled(at * size.width - crop.left, crop.width, cell.width)) / size.width;
  const y = (at: number): number =>
    (cell.top + scaled(at * size.height - crop.top, crop.height, cell.height)) / size.height;
  const [x0, y0, x1, y1] = object.box;
  return { ...object, box: [x(x0), y(y0), x(x1), y(y1)] };
}

/** A place of 0..`from`, moved inside, on a side of length `to`. */
const scaled = (at: number, from: number, to: number): number =>
  (Math.min(from, Math.max(0, at)) * to) / from;
