import { describe, expect, it } from 'vitest';
import { type JudgedPicture, summarise, varietyOf } from '../src/index.js';

describe('figures', () => {
  const object = {
    iou: 0.9,
    rank: 1,
    first: 0,
    gain: 1,
    misfit: 0,
    visible: 1,
    present: true,
    success: true,
    mixed: false,
    turns: true,
  };
  const pose = (x: number, flip: boolean) => ({ index: 0, flip, box: [x, 0.2, x + 0.5, 0.7] as const });
  const judged: JudgedPicture[] = [
    {
      objects: [{ ...object, pose: pose(0.1, false), colourRight: true }],
      background: 'sky',
      unasked: [],
      tone: [0, 0, 0],
    },
    {
      objects: [
        {
          ...object,
          pose: pose(0.2, true),
          iou: 0.5,
          present: false,
          success: false,
          visible: 0.5,
          colourRight: true,
        },
      ],
      background: 'sea',
      unasked: [{ pose: pose(0, false), rank: 1, first: 0, gain: 1, misfit: 0, visible: 1 }],
      tone: [255, 255, 255],
    },
  ];

  it('count what is not there as wrong', () => {
    expect(summarise(judged, ['sky', 'sky'])).toEqual({
      pictures: 2,
      objects: 2,
      meanIou: 0.45,
      success: 0.5,
      first: 0.5,
      occluded: { objects: 1, meanIou: 0, success: 0, first: 0 },
      coloured: 2,
      colourRight: 0.5,
      mixed: 0,
      unaskedPer100: 50,
      backgroundRight: 0.5,
    });
    expect(() => summarise(judged, ['sky'])).toThrow('backgrounds: holds 1 names for 2 pictures');
    expect(() => summarise([{}] as never, ['sky'])).toThrow('judged[0].objects: must be a list');
    expect(() => summarise(judged, 1 as never)).toThrow('backgrounds: must be a list of names, not 1');
  });

  it('tell how much seeds differ', () => {
    const all = judged.map((one, k) => ({
      ...one,
      objects: [{ ...object, pose: pose(0.1 * (k + 1), k === 0) }],
    }));
    const { tone, flips, edges } = varietyOf(all);
    expect(tone).toBeCloseTo(1);
    expect(flips).toBe(1);
    expect(edges).toBeCloseTo(0.05);
    expect(varietyOf([all[0], all[0]])).toEqual({ tone: 0, flips: 0, edges: 0 });
    expect(() => varietyOf([all[0]])).toThrow('judged: holds 1');
    const fewer = { ...all[0], objects: all[0].objects.slice(1) };
    expect(() => varietyOf([all[0], fewer])).toThrow('variety needs pictures of one layout');
  });
});
