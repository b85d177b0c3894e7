// PoG's losses against plain numbers.

import {
  grad,
  input,
  interpret,
  mean,
  multiply,
  parameterStore,
  sizeOf,
  subtract,
  sum,
  tensor,
  type Value,
} from '@spatiallock/core';
import { type Dense, type Denses, denseOf, interpretDouble } from '@spatiallock/core/backend';
import { normals } from '@spatiallock/core/nn';
import { x0Prediction } from '@spatiallock/core/train';
import { describe, expect, it } from 'vitest';
import {
  coverage,
  defaultPerceptionConfig,
  detectorLoss,
  generalisedIou,
  lowNoiseRows,
  type PerceptionLossOptions,
  perceptionLoss,
  pogInputs,
  pogTraining,
} from '../src/index.js';
import { gap, sigmoid } from './plain.js';

type Corners = readonly [number, number, number, number];

const CLOSE = 1e-6;
const [PICTURES, OBJECTS, HEIGHT, WIDTH] = [2, 3, 3, 4];

const given = (data: readonly number[], shape: readonly number[]): Dense => ({
  dtype: 'float32',
  shape,
  data: Float64Array.from(data),
});
const numbers = (seed: number, shape: readonly number[]): Dense =>
  denseOf({ x: tensor(normals(seed, sizeOf(shape)), shape) }, 'float64').x!;
const one = (value: Value, inputs: Denses): number[] =>
  Array.from(interpretDouble({ value }, inputs).value!.data);

// Boxes that agree, overlap, lie inside each other, lie apart and are turned inside out.
const asked: readonly Corners[] = [
  [0.1, 0.2, 0.6, 0.9],
  [0.05, 0.1, 0.4, 0.35],
  [0.2, 0.2, 0.9, 0.8],
  [0, 0, 0.3, 0.25],
  [0.5, 0.5, 1, 1],
  [0, 0, 0, 0],
];
const seen: readonly Corners[] = [
  [0.1, 0.2, 0.6, 0.9],
  [0.15, 0.05, 0.55, 0.3],
  [0.3, 0.35, 0.7, 0.6],
  [0.7, 0.6, 0.95, 0.8],
  [0.9, 0.55, 0.6, 0.95],
  [0.1, 0.1, 0.2, 0.2],
];
const masks = [1, 1, 1, 1, 1, 0];
const logits = numbers(1, [PICTURES, OBJECTS, HEIGHT, WIDTH]);
const alphasCumprod = [0.49, 0.81];

const inputs = {
  boxes: input('boxes', [PICTURES, OBJECTS, 4]),
  seen: input('seen', [PICTURES, OBJECTS, 4]),
  masks: input('masks', [PICTURES, OBJECTS]),
  region: input('region', [PICTURES, OBJECTS, HEIGHT, WIDTH]),
  alphaCumprod: input('alphaCumprod', [PICTURES]),
};
const feeds = {
  boxes: given(asked.flat(), inputs.boxes.shape),
  seen: given(seen.flat(), inputs.seen.shape),
  masks: given(masks, inputs.masks.shape),
  region: logits,
  alphaCumprod: given(alphasCumprod, [PICTURES]),
};

function plainGiou(a: Corners, b: Corners): number {
  const area = ([x0, y0, x1, y1]: Corners): number => Math.max(0, x1 - x0) * Math.max(0, y1 - y0);
  const both: Corners = [
    Math.max(a[0], b[0]),
    Math.max(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.min(a[3], b[3]),
  ];
  const hull: Corners = [
    Math.min(a[0], b[0]),
    Math.min(a[1], b[1]),
    Math.max(a[2], b[2]),
    Math.max(a[3], b[3]),
  ];
  const union = area(a) + area(b) - area(both);
  return area(both) / (union + 1e-6) - (area(hull) - union) / (area(hull) + 1e-6);
}

/** The share of each cell in the box, row by row. */
function plainCoverage([x0, y0, x1, y1]: Corners): number[] {
  return Array.from({ length: HEIGHT * WIDTH }, (_, i) => {
    const [row, column] = [Math.floor(i / WIDTH), i % WIDTH];
    const across = Math.min(x1, (column + 1) / WIDTH) - Math.max(x0, column / WIDTH);
    const down = Math.min(y1, (row + 1) / HEIGHT) - Math.max(y0, row / HEIGHT);
    return Math.max(0, across) * Math.max(0, down) * WIDTH * HEIGHT;
  });
}

function plainParts(i: number, truth: readonly number[], exponent: number) {
  const cells = HEIGHT * WIDTH;
  const chances = Array.from(logits.data.subarray(i * cells, (i + 1) * cells), sigmoid);
  let [shared, ours, theirs, focal] = [0, 0, 0, 0];
  chances.forEach((p, cell) => {
    const q = truth[cell]!;
    shared += p * q;
    ours += p;
    theirs += q;
    focal += Math.abs(q - p) ** exponent * -(q * Math.log(p) + (1 - q) * Math.log(1 - p));
  });
  const edges = seen[i]!.map((corner, k) => Math.abs(corner - asked[i]![k]!));
  return {
    dice: 1 - (2 * shared + 1) / (ours + theirs + 1),
    focal: focal / cells,
    l1: edges.reduce((a, b) => a + b) / 4,
    giou: 1 - plainGiou(seen[i]!, asked[i]!),
  };
}

/** What `perceptionLoss` gives, from the parts of each object. */
function plainLoss(options: PerceptionLossOptions, levels: readonly number[], truths: readonly number[][]) {
  const weights = { dice: 1, focal: 1, l1: 1, giou: 1, ...options.weights };
  const names = ['dice', 'focal', 'l1', 'giou'] as const;
  const each = asked.map((_, i) => plainParts(i, truths[i]!, options.focalExponent ?? 2));
  const perPicture = levels.map((level, n) => {
    const own = each.slice(n * OBJECTS, (n + 1) * OBJECTS).filter((_, k) => masks[n * OBJECTS + k]);
    const total = own.map((parts) => names.reduce((sum, name) => sum + weights[name] * parts[name], 0));
    return (Math.sqrt(level) * total.reduce((a, b) => a + b, 0)) / own.length;
  });
  const used = each.filter((_, i) => masks[i]);
  const parts = names.map((name) => used.reduce((sum, part) => sum + part[name], 0) / used.length);
  return { loss: perPicture.reduce((a, b) => a + b) / PICTURES, perPicture, parts };
}

describe('boxes', () => {
  it('have the generalised IoU of its definition, also apart, nested, inside out and empty', () => {
    const expected = asked.map((box, i) => plainGiou(seen[i]!, box));
    const value = generalisedIou(inputs.seen, inputs.boxes);
    expect(gap(interpretDouble({ value }, feeds).value, expected)).toBeLessThan(CLOSE);
  });

  it('cover cells of a grid that is no square', () => {
    const value = coverage(inputs.boxes, HEIGHT, WIDTH);
    expect(gap(interpretDouble({ value }, feeds).value, asked.flatMap(plainCoverage))).toBeLessThan(CLOSE);
  });
});

describe('the perception loss', () => {
  const options: readonly PerceptionLossOptions[] = [
    {},
    { focalExponent: 0 },
    { focalExponent: 1.5 },
    { weights: { dice: 0.5, focal: 3, l1: 0, giou: 2 } },
  ];

  it.each(options)('is dice, focal, L1 and GIoU of each object: %j', (given) => {
    const targets = { boxes: inputs.boxes, masks: inputs.masks };
    const built = perceptionLoss(
      { region: inputs.region, boxes: inputs.seen },
      targets,
      inputs.alphaCumprod,
      given,
    );
    const expected = plainLoss(given, alphasCumprod, asked.map(plainCoverage));
    expect(built.perPicture.shape).toEqual([PICTURES]);
    expect(one(built.loss, feeds)[0]).toBeCloseTo(expected.loss, 6);
    expect(gap(interpretDouble({ value: built.perPicture }, feeds).value, expected.perPicture)).toBeLessThan(
      CLOSE,
    );
    const { dice, focal, l1, giou } = built.parts;
    [dice, focal, l1, giou].forEach((part, i) => {
      expect(one(part, feeds)[0]).toBeCloseTo(expected.parts[i]!, 6);
    });
  });

  it.each([0.01, 0.5, 1])(
    'learns from a region that is as asked for, by the exponent %d',
    (focalExponent) => {
      // In float32 the sigmoid of 20 is 1, so that a logit and what is asked for do not differ.
      const [region, regions] = [input('region', [1, 1, 1, 2]), input('regions', [1, 1, 1, 2])];
      const [boxes, used] = [input('boxes', [1, 1, 4]), input('masks', [1, 1])];
      const { loss } = perceptionLoss({ region, boxes }, { boxes, masks: used, regions }, undefined, {
        focalExponent,
      });
      const { gradient } = interpret(
        { gradient: grad(loss, [region])[0]! },
        {
          region: tensor([20, 1], [1, 1, 1, 2]),
          regions: tensor([1, 1], [1, 1, 1, 2]),
          boxes: tensor([0, 0, 1, 1], [1, 1, 4]),
          masks: tensor([1], [1, 1]),
        },
      );
      const [there, near] = gradient!.data as Float32Array;
      expect(Math.abs(there!)).toBeLessThan(1e-6);
      expect(near).toBeLessThan(-0.01);
    },
  );

  it('takes true shapes, and without alphaCumprod counts every picture whole', () => {
    const shapes = asked.map((_, i) =>
      Array.from({ length: HEIGHT * WIDTH }, (_, cell) => (cell % (i + 2) ? 0 : 1)),
    );
    const regions = input('regions', inputs.region.shape);
    const targets = { boxes: inputs.boxes, masks: inputs.masks, regions };
    const { loss } = perceptionLoss({ region: inputs.region, boxes: inputs.seen }, targets);
    const expected = plainLoss({}, [1, 1], shapes);
    expect(one(loss, { ...feeds, regions: given(shapes.flat(), regions.shape) })[0]).toBeCloseTo(
      expected.loss,
      6,
    );
  });
});

describe('clean latents', () => {
  it('by epsilon are bounded where there is hardly any signal', () => {
    const step = Object.fromEntries(
      ['sample', 'output', 'signal', 'noise'].map((name) => [name, input(name, [1])]),
    );
    const value = x0Prediction('epsilon', {
      sample: step.sample!,
      output: step.output!,
      signal: step.signal!,
      noise: step.noise!,
    });
    const at = (signal: number): number =>
      one(value, {
        sample: given([0.5], [1]),
        output: given([0.2], [1]),
        signal: given([signal], [1]),
        noise: given([0.8], [1]),
      })[0]!;
    expect(at(0.002)).toBeCloseTo((0.5 - 0.2 * 0.8) / 0.002, 6);
    expect(at(0)).toBeCloseTo((0.5 - 0.2 * 0.8) / 1e-3, 3);
  });
});

describe('what PoG adds to a training step', () => {
  const denoised = input('denoised', [3, 2, 2, 2]);
  const alphaCumprod = input('alpha', [3]);
  /** How far the picture's mean lies from what is asked for, in the first picture that is looked at. */
  const detector = {
    build: (scope: ReturnType<typeof parameterStore>['scope'], image: Value) => ({
      bright: multiply(mean(image, [1, 2, 3]), scope.param('gain', [1], { kind: 'constant', value: 1 })),
    }),
    loss: ({ bright }: Readonly<Record<string, Value>>, { wanted }: Readonly<Record<string, Value>>) =>
      sum(multiply(subtract(bright!, wanted!), subtract(bright!, wanted!))),
  };

  it('is lambda times the detector loss of the rows that were chosen, decoded', () => {
    const { scope, params } = parameterStore();
    const wanted = input('wanted', [2]);
    const pog = pogTraining({
      batch: 3,
      objects: 1,
      feature: false,
      image: {
        detector,
        targets: { wanted },
        pictures: 2,
        decode: (at, latents) => multiply(latents, at.param('scale', [1], { kind: 'constant', value: 1 })),
      },
    });
    expect(pog.hooks).toEqual({});
    const added = pog.loss({ scope, denoised, alphaCumprod });
    expect(Object.keys(pog.inputs).sort()).toEqual(['pog.imageWeight', 'pog.rows', 'wanted']);
    expect(Object.keys(params).sort()).toEqual(['pog.detector.gain', 'pog.vae.scale']);
    const feeds = {
      denoised: numbers(7, denoised.shape),
      wanted: given([0.25, -0.5], [2]),
      ...denseOf(lowNoiseRows([150, 900, 200], 2).tensors, 'float64'),
    };
    const weights = { 'pog.detector.gain': given([2], [1]), 'pog.vae.scale': given([3], [1]) };
    const out = interpretDouble({ loss: added.loss, ...added.outputs }, feeds, weights);
    const brightness = [0, 2].map((row) => {
      const own = Array.from(feeds.denoised.data.subarray(row * 8, row * 8 + 8));
      return (6 * own.reduce((a, b) => a + b)) / 8;
    });
    const expected = (brightness[0]! - 0.25) ** 2 + (brightness[1]! + 0.5) ** 2;
    expect(out.detector!.data[0]).toBeCloseTo(expected, 6);
    expect(out.loss!.data[0]).toBeCloseTo(0.01 * expected, 8);
  });

  it('looks at four pictures by default', () => {
    const { scope } = parameterStore();
    const image = {
      detector,
      targets: { wanted: input('wanted', [4]) },
      decode: (_: unknown, latents: Value) => latents,
    };
    const pog = pogTraining({ batch: 3, objects: 1, feature: false, image });
    pog.loss({ scope, denoised, alphaCumprod });
    expect(pog.inputs[pogInputs.rows]!.shape).toEqual([4]);
  });

  it('shows the detector pictures of its own size', () => {
    const sizes: (readonly number[])[] = [];
    const graph = {
      ...detector,
      build: (scope: ReturnType<typeof parameterStore>['scope'], image: Value) => {
        sizes.push(image.shape);
        return detector.build(scope, image);
      },
    };
    const look = { detector: graph, targets: { wanted: input('wanted', [3]) } };
    const pictures = input('pictures', [3, 3, 4, 4]);
    detectorLoss(parameterStore().scope, pictures, look);
    detectorLoss(parameterStore().scope, pictures, { ...look, imageSize: 6 });
    expect(sizes).toEqual([
      [3, 3, 4, 4],
      [3, 3, 6, 6],
    ]);
  });

  it('chooses rows up to and with timestep 200, in turn', () => {
    expect(lowNoiseRows([200, 201, 5], 5).rows).toEqual([0, 2, 0, 2, 0]);
    expect(lowNoiseRows([200, 201, 5], 2, 201).rows).toEqual([0, 1]);
  });
});

describe('defaults', () => {
  it('of a perception network', () => {
    expect(defaultPerceptionConfig).toEqual({
      _class_name: 'PerceptionNetwork',
      stages: ['up'],
      channels: 48,
      norm_groups: 8,
      bins: 17,
    });
  });
});
