import {
  constant,
  input,
  iou,
  type LabelledBox,
  MAX_OBJECTS,
  parameterStore,
  referenceBackend,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { describe, expect, it } from 'vitest';
import {
  decodeQueries,
  defaultQueryConfig,
  matchQueries,
  parseQueryConfig,
  type QueryConfig,
  queryCount,
  queryDetector,
  queryGraph,
  queryGuide,
  queryLoss,
  queryNetwork,
  queryTargets,
} from '../src/index.js';
import { centredOf } from '../src/query/boxes.js';

const config: QueryConfig = {
  ...defaultQueryConfig,
  labels: ['dog', 'apple', 'car'],
  image_size: 64,
  decoder_layers: 1,
};
const QUERIES = queryCount(config);
const KINDS = config.labels.length + 1;

const objects: LabelledBox[] = [
  { label: 'dog', box: [0.1, 0.12, 0.45, 0.5] },
  { label: 'dog', box: [0.4, 0.4, 0.93, 0.99] },
  { label: 'car', box: [0.55, 0.03, 0.97, 0.28] },
];
const pictures = [objects.slice(1), objects];

/** Predictions in which query `rowOf(object)` of each picture is sure of that object and all others of none. */
function predictions(rowOf: (object: number) => number, seen = pictures): Tensors {
  const rows = seen.length * QUERIES;
  const logits = new Float32Array(rows * KINDS);
  const boxes = new Float32Array(rows * 4).fill(0.5);
  for (let row = 0; row < rows; row++) logits[row * KINDS + KINDS - 1] = 20;
  seen.forEach((each, n) => {
    each.forEach(({ label, box }, k) => {
      const row = n * QUERIES + rowOf(k);
      logits[row * KINDS + KINDS - 1] = 0;
      logits[row * KINDS + config.labels.indexOf(label)] = 20;
      boxes.set(centredOf(box), 4 * row);
    });
  });
  const shape = [seen.length, QUERIES];
  const pair = { logits: tensor(logits, [...shape, KINDS]), boxes: tensor(boxes, [...shape, 4]) };
  return { logits0: pair.logits, boxes0: pair.boxes, logits1: pair.logits, boxes1: pair.boxes };
}

const values = (tensors: Tensors) =>
  Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, constant(value)]));

async function lossesOf(outputs: Tensors, targets: Tensors): Promise<Record<string, number[]>> {
  const parts = queryLoss(config, values(outputs), values(targets));
  const executable = await referenceBackend().compile({ inputs: {}, params: {}, outputs: { ...parts } }, {});
  const found = await executable.run({});
  return Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, [...data]]));
}

async function lossOf(outputs: Tensors, targets: Tensors): Promise<Record<string, number>> {
  const losses = await lossesOf(outputs, targets);
  return Object.fromEntries(Object.entries(losses).map(([name, data]) => [name, data[0]]));
}

const targets = queryTargets(config, pictures);
const matches = (outputs: Tensors): Tensors => matchQueries(config, outputs, targets);

describe('matching', () => {
  it('finds the query that answers for each object, in each prediction by itself', () => {
    const [first, second] = [predictions((k) => 3 * k + 1), predictions((k) => 9 - k)];
    const mixed = { ...first, logits1: second.logits1, boxes1: second.boxes1 };
    const { rows0, rows1 } = matches(mixed);
    expect([...rows0.data]).toEqual([1, 4, 0, 0, 0, 0, 17, 20, 23, 0, 0, 0]);
    expect([...rows1.data]).toEqual([9, 8, 0, 0, 0, 0, 25, 24, 23, 0, 0, 0]);
  });

  it('gives two objects two queries, also where one query suits both best', () => {
    const outputs = predictions((k) => k);
    // Nothing but query 5 of the second picture says "dog", midway between the two dogs.
    const logits = Float32Array.from(outputs.logits0.data);
    for (const k of [0, 1]) logits.set([0, 0, 0, 20], (QUERIES + k) * KINDS);
    logits.set([20, 0, 0, 0], (QUERIES + 5) * KINDS);
    const { rows0 } = matches({ ...outputs, logits0: tensor(logits, outputs.logits0.shape) });
    const own = [...rows0.data].slice(6, 9);
    expect(new Set(own).size).toBe(3);
    expect(own[2]).toBe(QUERIES + 2);
  });
});

describe('the loss', () => {
  it('costs nothing to be right, and what it should to be wrong', async () => {
    const right = predictions((k) => 2 * k);
    const known = { ...targets, ...matches(right) };
    const perfect = await lossOf(right, known);
    expect(perfect.loss).toBeLessThan(1e-3);

    const moved = predictions(
      (k) => 2 * k,
      pictures.map((each) =>
        each.map(({ label, box }) => ({
          label,
          box: [box[0], box[1], box[2] - 0.04, box[3]] as const,
        })),
      ),
    );
    const off = await lossOf(moved, known);
    // The middle moves by 0.02, and the width by 0.04.
    expect(off.l1).toBeCloseTo(0.06, 5);
    const mean = pictures.flat().reduce((total, { box }) => total + 0.04 / (box[2] - box[0]), 0) / 5;
    expect(off.giou).toBeCloseTo(mean, 3);
    expect(off.class).toBeCloseTo(perfect.class, 5);

    const silent = await lossOf(
      predictions(() => 0, [[], []]),
      known,
    );
    expect(silent.class).toBeGreaterThan(10);
  });

  it('counts an object that nobody asked for', async () => {
    const right = predictions((k) => k);
    const known = { ...targets, ...matches(right) };
    const logits = Float32Array.from(right.logits1.data);
    logits.set([20, 0, 0, 0], (QUERIES + 11) * KINDS);
    const more = await lossOf({ ...right, logits1: tensor(logits, right.logits1.shape) }, known);
    // 20 nats with weight 0.1, among 5 objects and 27 silent queries of that weight.
    expect(more.class).toBeCloseTo((0.1 * 20) / (5 + 0.1 * (2 * QUERIES - 5)), 4);
  });

  it('finds the matching itself where none is given', async () => {
    const outputs = predictions((k) => 5 * k + 2);
    const given = await lossOf(outputs, { ...targets, ...matches(outputs) });
    const found = await lossOf(outputs, targets);
    for (const [name, value] of Object.entries(given)) expect(found[name]).toBeCloseTo(value, 5);
  });

  it('is given for each picture, whatever stands beside it', async () => {
    const shifted = ([x0, y0, x1, y1]: LabelledBox['box']) => [x0 + 0.02, y0, x1 + 0.02, y1] as const;
    const wrong = pictures.map((each) => each.map(({ label, box }) => ({ label, box: shifted(box) })));
    const both = await lossesOf(
      predictions((k) => k, [wrong[0], pictures[1]]),
      targets,
    );
    expect(both.perPicture).toHaveLength(2);
    expect(both.perPicture[1]).toBeLessThan(1e-3);
    const [alone] = (
      await lossesOf(
        predictions((k) => k, [wrong[0]]),
        queryTargets(config, [pictures[0]]),
      )
    ).perPicture;
    expect(alone).toBeGreaterThan(0.1);
    expect(both.perPicture[0]).toBeCloseTo(alone, 5);
    const { loss, perPicture } = await lossesOf(
      predictions((k) => k, [wrong[0]]),
      queryTargets(config, [pictures[0]]),
    );
    expect(loss[0]).toBeCloseTo(perPicture[0], 5);
  });

  it('is finite where nothing is asked for', async () => {
    const nothing = await lossesOf(
      predictions((k) => k, [[], objects]),
      queryTargets(config, [[], objects]),
    );
    for (const value of Object.values(nothing).flat()) expect(value).toBeLessThan(1e-3);
  });
});

describe('a guide', () => {
  const words: Readonly<Record<string, string>> = { 'a dog': 'dog', 'a car': 'car', 'a ship': 'ship' };
  const guide = queryGuide({ config, graph: queryGraph(config), weights: {} }, (phrase) => words[phrase]);

  it('looks for the objects of a layout that the detector knows', () => {
    const layout = (...phrases: string[]) => ({
      prompt: '',
      objects: phrases.map((phrase, k) => ({ phrase, box: objects[k].box })),
    });
    const { boxes, classes } = guide.targets([layout('a dog', 'a ship'), layout('a hat', 'a dog', 'a car')]);
    const slots = MAX_OBJECTS;
    expect(boxes.shape).toEqual([2 * slots, 4]);
    const asked = Array.from({ length: 2 * slots }, (_, slot) =>
      [...classes.data.subarray(KINDS * slot, KINDS * (slot + 1))].indexOf(1),
    );
    expect(asked.filter((kind) => kind >= 0)).toEqual([0, 0, 2]);
    expect([asked[0], asked[slots], asked[slots + 1]]).toEqual([0, 0, 2]);
    expect([...boxes.data.subarray(4 * slots, 4 * slots + 4)]).toEqual(
      centredOf(objects[1].box).map(Math.fround),
    );
  });

  it('has a loss for each picture', () => {
    const inputs = guide.inputs(3);
    const image = input('image', [3, 3, 64, 64]);
    const outputs = guide.graph.build(parameterStore().scope, image);
    expect(guide.graph.loss(outputs, inputs).shape).toEqual([3]);
  });
});

it('decodes what the queries say, and refuses what nobody learnt', () => {
  const { logits1, boxes1 } = predictions((k) => 7 - k, [objects]);
  const found = decodeQueries(config, logits1.data as Float32Array, boxes1.data as Float32Array);
  expect(found).toHaveLength(3);
  for (const { label, box } of objects) {
    const best = Math.max(...found.filter((seen) => seen.label === label).map((seen) => iou(seen.box, box)));
    expect(best).toBeGreaterThan(0.999);
  }
  const cat: LabelledBox = { label: 'cat', box: [0, 0, 1, 1] };
  expect(() => queryTargets(config, [[], [cat]])).toThrow('pictures[1][0].label: "cat"');
  expect(() => queryTargets(config, [objects], { objects: 2 })).toThrow('pictures[0]: 3 objects');
});

it('predicts from the anchors on: untrained, each query stands in its cell', async () => {
  const { scope, params } = parameterStore();
  const image = input('image', [1, 3, 64, 64]);
  const small: QueryConfig = { ...config, channels: [4, 8, 8, 36], blocks: [1, 1, 1], norm_groups: 4 };
  const { boxes0, boxes1, logits1 } = queryNetwork(scope, small, image);
  expect(logits1.shape).toEqual([1, QUERIES, KINDS]);
  const weights = Object.fromEntries(
    Object.values(params).map(({ attrs, shape }) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const kind = (attrs.init as { kind: string }).kind;
      return [String(attrs.name), tensor(new Float32Array(size).fill(kind === 'constant' ? 0 : 0.01), shape)];
    }),
  );
  const executable = await referenceBackend().compile(
    { inputs: { image }, params, outputs: { boxes0, boxes1 } },
    weights,
  );
  const outputs = await executable.run({ image: tensor(new Float32Array(3 * 64 * 64), image.shape) });
  for (const { data } of Object.values(outputs)) {
    expect([...data.subarray(4 * 6, 4 * 7)].map((v) => Number(v.toFixed(4)))).toEqual([
      0.625, 0.375, 0.3, 0.3,
    ]);
  }
});

describe('config of the query detector', () => {
  it('names the field that does not fit', () => {
    expect(parseQueryConfig(config)).toEqual(config);
    const refused = (change: object, message: string) =>
      expect(() => parseQueryConfig({ ...config, ...change })).toThrow(message);
    refused({ labels: [] }, 'labels');
    refused({ labels: ['dog', 'dog'] }, 'labels: must not repeat');
    refused({ image_size: 100 }, 'image_size: 100 must be a multiple of 16');
    refused({ channels: [8, 16] }, 'channels: has 2 entries');
    refused({ norm_groups: 7 }, 'norm_groups: 7 must divide');
    refused({ places: 5 }, 'places: 2 x 5 x 5 must divide');
  });

  it('names missing files', async () => {
    const none = { read: async () => undefined };
    await expect(queryDetector({ backend: referenceBackend(), files: none })).rejects.toThrow(
      'config.json is missing',
    );
  });
});
