// Letters as strokes: pictures come out the same on machines with other fonts, or with none.

import { checkNumber, checkText } from '@spatiallock/core/checks';

const ADVANCE = 7;
const CAP_HEIGHT = 10;

// Each letter as SVG path data in a cell 5 wide; the base line at y = 10, small letters from y = 4, ascenders from 0.
const strokes: Readonly<Record<string, string>> = {
  a: 'M5 4V10M5 5.5Q4 4 2.6 4Q0 4 0 7Q0 10 2.6 10Q4 10 5 8.5',
  b: 'M0 0V10M0 5.5Q1 4 2.4 4Q5 4 5 7Q5 10 2.4 10Q1 10 0 8.5',
  c: 'M5 5Q4 4 2.7 4Q0 4 0 7Q0 10 2.7 10Q4 10 5 9',
  d: 'M5 0V10M5 5.5Q4 4 2.6 4Q0 4 0 7Q0 10 2.6 10Q4 10 5 8.5',
  e: 'M0 7H5Q5 4 2.6 4Q0 4 0 7Q0 10 2.8 10Q4.2 10 5 9',
  f: 'M4.6 0.3Q2 -0.6 2 2.2V10M0.3 4H4.3',
  g: 'M5 4V11Q5 13.4 2.4 13.4Q1 13.4 0.3 12.7M5 5.5Q4 4 2.6 4Q0 4 0 7Q0 10 2.6 10Q4 10 5 8.5',
  h: 'M0 0V10M0 6Q1 4 2.8 4Q5 4 5 6.4V10',
  i: 'M2.5 4V10M2.5 1.2V1.4',
  j: 'M3 4V11Q3 13.4 0.6 13.2M3 1.2V1.4',
  k: 'M0 0V10M4.6 4L0 7.8M1.6 6.5L5 10',
  l: 'M2 0V8.2Q2 10 3.8 10',
  m: 'M0 4V10M0 5.4Q0.6 4 1.5 4Q2.5 4 2.5 5.4V10M2.5 5.4Q3.1 4 4 4Q5 4 5 5.4V10',
  n: 'M0 4V10M0 6Q1 4 2.8 4Q5 4 5 6.4V10',
  o: 'M2.5 4Q5 4 5 7Q5 10 2.5 10Q0 10 0 7Q0 4 2.5 4Z',
  p: 'M0 4V13.4M0 5.5Q1 4 2.4 4Q5 4 5 7Q5 10 2.4 10Q1 10 0 8.5',
  q: 'M5 4V13.4M5 5.5Q4 4 2.6 4Q0 4 0 7Q0 10 2.6 10Q4 10 5 8.5',
  r: 'M0.8 4V10M0.8 6.4Q1.6 4 4.4 4.2',
  s: 'M4.6 4.9Q3.8 4 2.4 4Q0.3 4 0.3 5.5Q0.3 6.7 2.5 7Q4.9 7.3 4.9 8.5Q4.9 10 2.5 10Q1 10 0.1 9',
  t: 'M2 1.5V8Q2 10 4.4 9.8M0.3 4H4.3',
  u: 'M0 4V7.6Q0 10 2.2 10Q4 10 5 8M5 4V10',
  v: 'M0 4L2.5 10L5 4',
  w: 'M0 4L1.2 10L2.5 5L3.8 10L5 4',
  x: 'M0.2 4L4.8 10M4.8 4L0.2 10',
  y: 'M0 4L2.6 10M5 4L2.2 11.8Q1.6 13.4 0 13.3',
  z: 'M0.3 4H4.7L0.3 10H4.8',
  0: 'M2.5 0Q5 0 5 5Q5 10 2.5 10Q0 10 0 5Q0 0 2.5 0Z',
  1: 'M0.8 1.8L2.8 0V10',
  2: 'M0.2 2.4Q0.4 0 2.6 0Q5 0 5 2.6Q5 4.4 0.2 10H5',
  3: 'M0.3 1.2Q1.2 0 2.6 0Q4.7 0 4.7 2.4Q4.7 4.7 2.2 4.7Q5 4.7 5 7.3Q5 10 2.5 10Q1 10 0 8.7',
  4: 'M3.8 10V0L0 7H5',
  5: 'M4.6 0H0.8L0.4 4.6Q1.4 3.8 2.6 3.8Q5 3.8 5 6.8Q5 10 2.4 10Q0.9 10 0 8.8',
  6: 'M4.4 0.5Q0 1 0 6.5Q0 10 2.5 10Q5 10 5 6.9Q5 4.2 2.6 4.2Q0.4 4.2 0 6.5',
  7: 'M0 0H5L1.8 10',
  8: 'M2.5 4.7Q0.4 4.7 0.4 2.4Q0.4 0 2.5 0Q4.6 0 4.6 2.4Q4.6 4.7 2.5 4.7Q0 4.7 0 7.3Q0 10 2.5 10Q5 10 5 7.3Q5 4.7 2.5 4.7Z',
  9: 'M0.6 9.5Q5 9 5 3.5Q5 0 2.5 0Q0 0 0 3.1Q0 5.8 2.4 5.8Q4.6 5.8 5 3.5',
  '-': 'M0.8 6.5H4.2',
  "'": 'M2.5 0L2 2.4',
  ',': 'M2.6 9.4L1.6 12',
  '.': 'M2.4 9.8V10',
  '%': 'M4.6 1L0.4 9.4M1 1V2.4M4 8V9.4',
};

// What has no letter here, such as a Chinese word, is shown as an empty box.
const unknown = 'M0.5 1H4.5V10H0.5Z';

const COORDINATES = { min: -1e6, max: 1e6 };

/** SVG path data of a line of text, its base line's start at (x, y), and its width in the same units as `size`. */
export function letter(text: string, x: number, y: number, size: number): { path: string; width: number } {
  for (const [name, value] of Object.entries({ x, y, size })) checkNumber(value, COORDINATES, name);
  checkText(text, 'text');
  const scale = size / CAP_HEIGHT;
  const plain = [...text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()];
  const path = plain
    .map((sign, i) =>
      sign === ' ' ? '' : moved(strokes[sign] ?? unknown, x + i * ADVANCE * scale, y, scale),
    )
    .join('');
  return { path, width: Math.max(0, plain.length * ADVANCE - 2) * scale };
}

function moved(path: string, x: number, y: number, scale: number): string {
  return path.replace(/([A-Z])([^A-Z]*)/g, (_, command: string, list: string) => {
    const numbers = list.match(/-?[\d.]+/g) ?? [];
    const placed = numbers.map((digits, i) => {
      const vertical = command === 'V' || (command !== 'H' && i % 2 === 1);
      const value = vertical ? y + (Number(digits) - CAP_HEIGHT) * scale : x + Number(digits) * scale;
      return value.toFixed(2);
    });
    return command + placed.join(' ');
  });
}
