// `npm run scenes:shapes`: writes src/shapes.ts of the scenes, which is what a planner must know of the art without loading it.

import { fileURLToPath } from 'node:url';
import { writeFileAtomically } from '@spatiallock/node';
import { loadArt, type Sprite } from '@spatiallock/scenes';

const GRID = 16;

/** Alpha of a sprite on a grid, one hex digit a cell. */
function coverageGrid({ levels: [{ width, height, data }] }: Sprite): string {
  const sums = new Float64Array(GRID * GRID);
  const counts = new Float64Array(GRID * GRID);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = Math.floor((y * GRID) / height) * GRID + Math.floor((x * GRID) / width);
      sums[cell] = sums[cell]! + data[4 * (y * width + x) + 3]! / 255;
      counts[cell] = counts[cell]! + 1;
    }
  }
  return Array.from(sums, (sum, i) => Math.round((15 * sum) / counts[i]!).toString(16)).join('');
}

function sourceOf(sprites: readonly Sprite[]): string {
  const rows = sprites.map((sprite) => {
    const [{ width, height }] = sprite.levels;
    return `${(width / height).toFixed(4)} ${coverageGrid(sprite)} ${sprite.label}`;
  });
  return `// Written by \`npm run scenes:shapes\` from the art: run it again when a class changes.

/** Cells per side of a coverage grid. */
export const SHAPE_GRID = ${GRID};

/** One class a line: natural width / height of its trimmed picture, its alpha on a grid, one hex digit a cell, and its label. */
const TABLE = \`
${rows.join('\n')}
\`;

/** Natural width / height and coverage of every class, in their order. */
export const shapeRows: readonly (readonly [aspect: number, coverage: string])[] = TABLE.trim()
  .split('\\n')
  .map((row) => {
    const [aspect, coverage = ''] = row.split(' ');
    return [Number(aspect), coverage];
  });
`;
}

const path = fileURLToPath(new URL('../../packages/scenes/src/shapes.ts', import.meta.url));
await writeFileAtomically(path, sourceOf((await loadArt()).sprites));
