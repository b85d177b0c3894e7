// What the feature path is compared with, and the small parts of both paths, against numbers worked out by hand.

import { input, interpret, type Tensors, tensor, type Value } from '@spatiallock/core';
import { x0Prediction } from '@spatiallock/core/train';
import { describe, expect, it } from 'vitest';
import {
  boxTensors,
  coverage,
  generalisedIou,
  lowNoiseRows,
  parsePerceptionConfig,
  perceptionLoss,
  pogInputs,
  pogTraining,
  resize,
} from '../src/index.js';

const numbers = (value: Value, feeds: Tensors): number[] =>
  Array.from(interpret({ value }, feeds).value!.data as Float32Array);
const boxes = input('boxes', [1, 2, 4]);
const others = input('others', [1, 2, 4]);
const feed = (...all: number[]) => tensor(all, [1, 2, 4]);

describe('boxes', () => {
  it('cover exact shares of cells', () => {
    const given = { boxes: feed(0, 0, 0.75, 0.5, 0.25, 0.25, 0.75, 0.75) };
    expect(numbers(coverage(boxes, 2, 2), given)).toEqual([1, 0.5, 0, 0, 0.25, 0.25, 0.25, 0.25]);
  });

  it('have a generalised IoU of 1 with themselves, and below 0 where they lie apart', () => {
    const given = {
      boxes: feed(0.1, 0.2, 0.5, 0.8, 0, 0, 0.25, 1),
      others: feed(0.1, 0.2, 0.5, 0.8, 0.75, 0, 1, 1),
    };
    const [same, apart] = numbers(generalisedIou(boxes, others), given);
    expect(same).toBeCloseTo(1, 4);
    expect(apart).toBeCloseTo(-0.5, 4);
  });
});

describe('perceptionLoss', () => {
  const region = input('region', [1, 2, 4, 4]);
  const masks = input('masks', [1, 2]);
  const alphaCumprod = input('alphaCumprod', [1]);
  const built = perceptionLoss({ region, boxes: others }, { boxes, masks }, alphaCumprod);
  const asked = feed(0, 0, 0.5, 0.5, 0.5, 0, 1, 1);
  const logits = (sure: number) =>
    tensor(
      Float32Array.from({ length: 32 }, (_, i) => {
        const [column, row] = [i % 4, Math.floor(i / 4) % 4];
        const inside = i < 16 ? column < 2 && row < 2 : column >= 2;
        return inside ? sure : -sure;
      }),
      [1, 2, 4, 4],
    );
  const at = (
    given: Partial<Record<'boxes' | 'others' | 'region' | 'masks' | 'alphaCumprod', Tensors[string]>>,
  ) =>
    numbers(built.loss, {
      boxes: asked,
      others: asked,
      region: logits(20),
      masks: tensor([1, 1], [1, 2]),
      alphaCumprod: tensor([1], [1]),
      ...given,
    })[0]!;

  it('is zero where everything is seen as asked, and grows with every error', () => {
    expect(at({})).toBeLessThan(1e-4);
    expect(at({ region: logits(-20) })).toBeGreaterThan(1);
    expect(at({ others: feed(0.1, 0, 0.6, 0.5, 0.5, 0, 1, 1) })).toBeGreaterThan(0.1);
  });

  it('counts nothing of empty slots, also where their boxes are empty', () => {
    const one = { masks: tensor([1, 0], [1, 2]) };
    const wrong = { others: feed(0.1, 0, 0.6, 0.5, 0, 0, 0.1, 0.1) };
    const alone = at({ ...one, others: feed(0.1, 0, 0.6, 0.5, 0.5, 0, 1, 1) });
    expect(at({ ...one, ...wrong })).toBe(alone);
    expect(at({ ...one, ...wrong, boxes: feed(0, 0, 0.5, 0.5, 0, 0, 0, 0) })).toBe(alone);
    expect(at({ ...wrong, masks: tensor([0, 0], [1, 2]) })).toBe(0);
  });

  it('is weighted by sqrt(alphaCumprod)', () => {
    const wrong = { region: logits(-5) };
    expect(at({ ...wrong, alphaCumprod: tensor([0.25], [1]) })).toBeCloseTo(0.5 * at(wrong), 5);
  });
});

describe('image path', () => {
  it('looks at rows of low noise, in turn, and at none with weight 0', () => {
    const { rows, tensors } = lowNoiseRows([900, 200, 201, 10], 3);
    expect(rows).toEqual([1, 3, 1]);
    expect(tensors[pogInputs.imageWeight]!.data[0]).toBe(1);
    const none = lowNoiseRows([900, 300], 2);
    expect([...none.rows, none.tensors[pogInputs.imageWeight]!.data[0]]).toEqual([0, 0, 0]);
  });

  it('finds the clean latents again from each kind of prediction', () => {
    const [clean, noise, signal, level] = [1.5, -0.5, 0.6, 0.8];
    const one = (name: string) => input(name, [1, 1, 1, 1]);
    const step = { sample: one('sample'), output: one('output'), signal: one('signal'), noise: one('noise') };
    const outputs = { epsilon: noise, v_prediction: signal * noise - level * clean, sample: clean } as const;
    for (const type of ['epsilon', 'v_prediction', 'sample'] as const) {
      const given = { sample: signal * clean + level * noise, output: outputs[type], signal, noise: level };
      const feeds = Object.entries(given).map(
        ([name, value]) => [name, tensor([value], [1, 1, 1, 1])] as const,
      );
      expect(numbers(x0Prediction(type, step), Object.fromEntries(feeds))[0], type).toBeCloseTo(clean, 5);
    }
  });

  it('enlarges between the middles of pixels', () => {
    const x = input('x', [1, 2]);
    expect(numbers(resize(x, 1, 4), { x: tensor([0, 1], [1, 2]) })).toEqual([0, 0.25, 0.75, 1]);
  });
});

describe('errors', () => {
  it('name the field and how to fix it', () => {
    const box = [0, 0, 1, 1] as const;
    expect(() => boxTensors([[box, box]], 1)).toThrow(
      'pictures[0]: 2 boxes do not fit 1 slots; raise objects',
    );
    expect(() => parsePerceptionConfig({ channels: 10 })).toThrow('norm_groups: 8 must divide 10 channels');
    expect(() => parsePerceptionConfig({ stages: ['top'] })).toThrow(
      'stages: "top" must be one of down, mid, up',
    );
    expect(() => pogTraining({ batch: 1, objects: 1, feature: false })).toThrow(
      'feature, image: both are off',
    );
  });
});
