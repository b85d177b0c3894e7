// Writes src/colours/table.ts: which pixels of each class take a colour, and which colour words it can wear by the rule.
// From the root: node --import tsx --conditions=@spatiallock/source packages/scenes/scripts/colours.ts

import { fileURLToPath } from 'node:url';
import { writeFileAtomically } from '@spatiallock/node';
import { loadArt, type Sprite } from '../src/art.js';
import { classes } from '../src/classes.js';
import { hueOffset, membership, type Region, recolourRegion } from '../src/colours/recolour.js';
import { type ColourWord, colours, isColour, packedHsv } from '../src/colours/rule.js';

/** The least share of a whole sprite; more than the rule's 0.2, because others hide parts of objects. */
const LEAST = 0.26;
/** A natural colour covers at least this share of the sprite by everyday naming. */
const LEAST_NATURAL = 0.45;

/** Where looking at the pictures says otherwise than counting their pixels. */
interface Note {
  readonly kind?: Region['kind'];
  readonly hue?: number;
  readonly reach?: number;
}
const notes: Readonly<Record<string, Note>> = {
  frog: { kind: 'hue', hue: 155, reach: 40 },
  cow: { kind: 'light' },
  penguin: { kind: 'hue', hue: 265, reach: 30 },
  bus: { kind: 'hue', hue: 30, reach: 26 },
  sailboat: { kind: 'hue', hue: 28, reach: 30 },
  laptop: { kind: 'light' },
};
/** Neither a shirt nor wine is the thing itself. */
const colourless = new Set(['person', 'wine glass']);
/** People would not call these pictures by the colour that most of their pixels have. */
const unnamed = new Set(
  (
    'horse, bear, donut, chair, banana, star, crown, pizza, cake, giraffe, butterfly, penguin, soccer ball, teddy bear, ' +
    'hot dog, truck, bed, laptop, cell phone, skis, zebra, watermelon, chick, fries, cow'
  ).split(', '),
);

interface Pixel {
  readonly hue: number;
  readonly saturation: number;
  readonly value: number;
}

function pixelsOf(data: ArrayLike<number>): Pixel[] {
  const pixels: Pixel[] = [];
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3];
    if (alpha < 128) continue;
    const hsv = packedHsv(
      ...([0, 1, 2].map((c) => Math.round((255 * data[i + c]) / alpha)) as [number, number, number]),
    );
    pixels.push({ hue: 2 * (hsv >> 16), saturation: ((hsv >> 8) & 255) / 255, value: (hsv & 255) / 255 });
  }
  return pixels;
}

/** One name for each pixel, as people name colours; ranges of the rule overlap, these do not. */
function everydayName({ hue, saturation, value }: Pixel): ColourWord {
  if (value < 0.2) return 'black';
  if (saturation < 0.17) return value > 0.82 ? 'white' : 'grey';
  if (hue < 14 || hue >= 344)
    return saturation < 0.6 && value > 0.75 ? 'pink' : value < 0.45 ? 'brown' : 'red';
  if (hue < 46) return value < 0.74 ? 'brown' : saturation < 0.35 ? 'pink' : 'orange';
  if (hue < 70) return value < 0.5 ? 'brown' : 'yellow';
  if (hue < 170) return 'green';
  if (hue < 256) return 'blue';
  if (hue < 300) return 'purple';
  return hue > 326 && saturation > 0.72 ? 'red' : 'pink';
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0.5;

/** The mean hue of the densest 40 degrees, and how far the region around it reaches before the hues thin out. */
function hueRegion(pixels: readonly Pixel[]): { hue: number; reach: number } {
  const bins = new Float64Array(72);
  for (const { hue, saturation, value } of pixels) bins[Math.floor(hue / 5) % 72] += saturation * value;
  const around = (bin: number, radius: number): number => {
    let sum = 0;
    for (let k = -radius; k <= radius; k++) sum += bins[(bin + k + 72) % 72];
    return sum;
  };
  let best = 0;
  for (let bin = 0; bin < 72; bin++) if (around(bin, 4) > around(best, 4)) best = bin;
  const least = 0.012 * around(best, 4);
  const edge = (step: number): number => {
    let reach = 2;
    while (reach < 11 && bins[(best + step * (reach + 1) + 72) % 72] > least) reach++;
    return reach;
  };
  const [before, after] = [edge(-1), edge(1)];
  return { hue: (5 * (best + (after - before) / 2) + 2.5 + 360) % 360, reach: 2.5 * (before + after) + 4 };
}

function regionOf(pixels: readonly Pixel[], note: Note): Region {
  const dark = pixels.filter(({ value, saturation }) => value < 0.42 && saturation < 0.75);
  const light = pixels.filter(({ value, saturation }) => value >= 0.42 && saturation < 0.28);
  const coloured = pixels.filter(({ value, saturation }) => value >= 0.25 && saturation >= 0.28);
  const counted =
    dark.length > 0.6 * pixels.length ? 'dark' : light.length > 0.48 * pixels.length ? 'light' : 'hue';
  const kind = note.kind ?? counted;
  const found = hueRegion(kind === 'hue' ? coloured : pixels);
  const [hue, reach] = [note.hue ?? found.hue, note.reach ?? found.reach];
  const region: Region = { kind, hue, reach, saturation: 1, value: 1 };
  const members = pixels.filter(
    (pixel) => membership(region, hueOffset(pixel.hue, hue), pixel.saturation, pixel.value) > 0.5,
  );
  return {
    ...region,
    saturation: median(members.map(({ saturation }) => saturation)),
    value: median(members.map(({ value }) => value)),
  };
}

function shares(data: ArrayLike<number>): (colour: ColourWord) => { rule: number; everyday: number } {
  const pixels = pixelsOf(data);
  const names = pixels.map(everydayName);
  return (colour) => {
    let inside = 0;
    for (let i = 0; i < data.length; i += 4) {
      const alpha = data[i + 3];
      if (alpha < 128) continue;
      const [r, g, b] = [0, 1, 2].map((c) => Math.round((255 * data[i + c]) / alpha));
      if (isColour(r, g, b, colour)) inside++;
    }
    return {
      rule: inside / pixels.length,
      everyday: names.filter((name) => name === colour).length / pixels.length,
    };
  };
}

function wardrobe(
  { levels: [{ data }] }: Sprite,
  label: string,
): { region: Region; natural: string; allowed: ColourWord[] } {
  const region = regionOf(pixelsOf(data), notes[label] ?? {});
  const own = shares(data);
  if (colourless.has(label)) return { region, natural: '', allowed: [] };
  const natural =
    colours.find(
      (colour) => !unnamed.has(label) && own(colour).everyday >= LEAST_NATURAL && own(colour).rule >= LEAST,
    ) ?? '';
  const allowed = colours.filter((colour) => {
    if (colour === label) return false;
    if (colour === natural) return true;
    const turned = Float32Array.from(data);
    recolourRegion(turned, region, colour);
    const { rule, everyday } = shares(turned)(colour);
    return rule >= LEAST && everyday >= 0.22;
  });
  return { region, natural, allowed };
}

const art = await loadArt();
const rows = art.sprites.map((sprite, i) => wardrobe(sprite, classes[i].label));
const digits = (value: number): string => String(Number(value.toFixed(3)));
const lines = rows.map(({ region: { kind, hue, reach, saturation, value }, natural, allowed }, i) => {
  const numbers = [hue, reach, saturation, value].map(digits).join(' ');
  return `${kind} ${numbers} ${natural || '-'} ${allowed.join(',') || '-'} ${classes[i].label}`;
});
const text = `// Written by scripts/colours.ts from the art: run it again when a class or a colour changes.

/**
 * One class a line: the kind, hue, reach, saturation and value of the region that takes a colour; its natural colour, if one
 * word is true of it; the colour words that it can wear; and its label. "-" is none.
 */
const TABLE = \`
${lines.join('\n')}
\`;

/** The rows of the table without the labels; the words of a class are separated by commas. */
export const colourRows: readonly (readonly [
  kind: 'hue' | 'light' | 'dark',
  hue: number,
  reach: number,
  saturation: number,
  value: number,
  natural: string,
  allowed: string,
])[] = TABLE.trim()
  .split('\\n')
  .map((row) => {
    const [kind, hue, reach, saturation, value, natural, allowed] = row.split(' ');
    return [kindOf(kind), Number(hue), Number(reach), Number(saturation), Number(value), natural, allowed];
  });

function kindOf(word: string): 'hue' | 'light' | 'dark' {
  return word === 'light' || word === 'dark' ? word : 'hue';
}
`;
await writeFileAtomically(fileURLToPath(new URL('../src/colours/table.ts', import.meta.url)), text);
