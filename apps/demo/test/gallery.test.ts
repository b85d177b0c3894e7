// What is made of pictures that an earlier visit kept.

import { describe, expect, it } from 'vitest';
import { drawingOf } from '../src/state/drawing.js';
import { examples } from '../src/state/examples.js';
import { samplingOf, variantOf } from '../src/state/settings.js';
import { add, readShots, type Shot, shots } from '../src/state/shots.js';
import { settings } from '../src/state/studio.js';

const drawing = drawingOf(examples[0]!.layout);
const picture = (side = 2) => ({
  width: side,
  height: side,
  channels: 3 as const,
  data: new Uint8ClampedArray(3 * side * side),
});
const variant = () => variantOf(samplingOf(settings.value));

/** One press of the button, kept as the database would keep it. */
const made = (count = 1): readonly Shot[] =>
  add(drawing, Array.from({ length: count }, variant), { status: 'done', picture: picture() }).map((shot) =>
    structuredClone(shot),
  );

describe('kept pictures', () => {
  it('come back the newest first, those of one press together, as runs of their own', () => {
    const [older, newer] = [
      made(2).map((shot) => ({ ...shot, id: `a-1-${shot.id.at(-1)}` })),
      made(1).map((shot) => ({ ...shot, id: 'b-1-0' })),
    ];
    const back = readShots([older[1], newer[0], older[0]]);
    expect(back.map(({ id }) => id)).toEqual(['b-1-0', 'a-1-0', 'a-1-1']);
    expect(back[1]!.run).toBe(back[2]!.run);
    expect(back[0]!.run).not.toBe(back[1]!.run);
    const [next] = made();
    expect(back.map(({ run }) => run)).not.toContain(next!.run);
    expect(new Set(shots.value.map(({ run }) => run))).toContain(next!.run);
  });

  it('are no more than the gallery holds', () => {
    const [shot] = made();
    const many = Array.from({ length: 40 }, (_, i) => ({
      ...shot!,
      id: `c${String(i).padStart(2, '0')}-1-0`,
    }));
    const back = readShots(many);
    expect(back).toHaveLength(24);
    expect(back[0]!.id).toBe('c39-1-0');
  });

  it('that are not whole are left out', () => {
    const [shot] = made();
    const { picture: _, ...bare } = shot!;
    const broken: readonly unknown[] = [
      null,
      7,
      {},
      bare,
      { ...shot, id: 3 },
      { ...shot, status: 'running' },
      { ...shot, status: 'constructor' },
      { ...shot, drawing: undefined },
      { ...shot, layout: { prompt: 1, objects: [] } },
      { ...shot, layout: { prompt: 'a' } },
      { ...shot, sampling: 'fast' },
      { ...shot, colours: undefined },
      { ...shot, times: 'none' },
      { ...shot, picture: { ...picture(), data: [0, 0, 0] } },
      { ...shot, picture: { ...picture(), width: 3 } },
    ];
    expect(readShots(broken)).toEqual([]);
    expect(readShots([{ ...bare, status: 'cancelled' }, shot])).toHaveLength(2);
  });
});
