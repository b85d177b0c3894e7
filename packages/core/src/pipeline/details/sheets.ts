// Which parts of a picture are enlarged, and how they share a sheet.

import { type Box, boxArea, intersectionArea } from '../../geometry/index.js';
import type { Sides } from '../imagePlanes.js';
import type { Layout, LayoutObject } from '../layout.js';

/** A rectangle of whole pixels. */
export interface Rectangle extends Sides {
  readonly left: number;
  readonly top: number;
}

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
export type Sheet = readonly Tile[];

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

/** The sheets of a layout's small objects, smallest first; empty where it has none. */
export function sheetsOf({ objects }: Layout, size: Sides, below: number): readonly Sheet[] {
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
    return own.map((each, i) => tileOf(each, cells[i]!, size, objects));
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
  const overlapping = objects.map((each) => each.box).filter((other) => overlaps(box, other));
  const group = overlapping.reduce(around, box);
  const [width, height] = [(group[2] - group[0]) * size.width, (group[3] - group[1]) * size.height];
  const together = Math.min(zoom, (FILLED * cell.width) / width, (FILLED * cell.height) / height);
  const [shown, factor] = together >= LEAST_GROUP_ZOOM ? [group, together] : [box, zoom];
  const [left, cropWidth] = stretchOf(shown[0], shown[2], size.width, cell.width / factor);
  const [top, cropHeight] = stretchOf(shown[1], shown[3], size.height, cell.height / factor);
  return { object, cell, crop: { left, top, width: cropWidth, height: cropHeight } };
}

const overlaps = (box: Box, other: Box): boolean => intersectionArea(box, other) > OVERLAP * boxArea(box);

const around = (a: Box, b: Box): Box => [
  Math.min(a[0], b[0]),
  Math.min(a[1], b[1]),
  Math.max(a[2], b[2]),
  Math.max(a[3], b[3]),
];

/** So many pixels about the middle of two edges, moved inside of the picture: the first, and their number. */
function stretchOf(from: number, to: number, side: number, wanted: number): readonly [number, number] {
  const length = Math.min(side, Math.max(1, Math.round(wanted)));
  const first = Math.round(((from + to) / 2) * side - length / 2);
  return [Math.min(side - length, Math.max(0, first)), length];
}

/** What a sheet is asked to show: each tile's object, and the neighbours that lie in its crop, back to front. */
export function sheetLayout<L extends Layout>(layout: L, sheet: Sheet, size: Sides, most: number): L {
  const own = sheet.map((tile) => moved(layout.objects[tile.object]!, tile, size));
  const neighbours = sheet.flatMap((tile) =>
    layout.objects.flatMap((each, i) =>
      i !== tile.object && partIn(each.box, tile.crop, size) >= NEIGHBOUR_PART
        ? [moved(each, tile, size)]
        : [],
    ),
  );
  const asked = [...own, ...neighbours].slice(0, most);
  const depth = ({ source }: Moved): number => layout.objects.indexOf(source);
  asked.sort((a, b) => depth(a) - depth(b));
  return { ...layout, objects: asked.map(({ object }) => object) };
}

interface Moved {
  readonly source: LayoutObject;
  readonly object: LayoutObject;
}

/** An object with its box on the sheet. */
function moved(source: LayoutObject, { crop, cell }: Tile, size: Sides): Moved {
  const across = (x: number): number => place(x * size.width - crop.left, crop.width, cell.width);
  const down = (y: number): number => place(y * size.height - crop.top, crop.height, cell.height);
  const [x0, y0, x1, y1] = source.box;
  const box: Box = [
    (cell.left + across(x0)) / size.width,
    (cell.top + down(y0)) / size.height,
    (cell.left + across(x1)) / size.width,
    (cell.top + down(y1)) / size.height,
  ];
  return { source, object: { ...source, box } };
}

const place = (at: number, from: number, to: number): number => (Math.min(from, Math.max(0, at)) * to) / from;

/** The part of a box that lies in a crop, 0..1. */
function partIn([x0, y0, x1, y1]: Box, crop: Rectangle, { width, height }: Sides): number {
  const w = Math.min(x1 * width, crop.left + crop.width) - Math.max(x0 * width, crop.left);
  const h = Math.min(y1 * height, crop.top + crop.height) - Math.max(y0 * height, crop.top);
  return (Math.max(0, w) * Math.max(0, h)) / ((x1 - x0) * width * ((y1 - y0) * height));
}
