import {
  constant,
  iou,
  type LabelledBox,
  type RgbImage,
  referenceBackend,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { writePlanes } from '@spatiallock/core/pipeline';
import { describe, expect, it } from 'vitest';
import {
  type CenterConfig,
  centerDetector,
  centerLoss,
  centerTargets,
  decodeCenters,
  defaultCenterConfig,
  parseCenterConfig,
} from '../src/index.js';

const config: CenterConfig = {
  ...defaultCenterConfig,
  labels: ['dog', 'apple', 'car'],
  image_size: 64,
  bins: 14,
};
const GRID = 16;
const CELLS = GRID * GRID;

/** What a perfect network would put out for a picture: sharp peaks, and both neighbouring bins for every distance. */
function perfectOutputs(objects: readonly LabelledBox[]): { heatmap: Float32Array; edges: Float32Array } {
  const targets = centerTargets(config, [objects]);
  const heatmap = new Float32Array(config.labels.length * CELLS).fill(-12);
  const edges = new Float32Array(4 * config.bins * CELLS).fill(-30);
  objects.forEach((_, k) => {
    heatmap[targets.centres.data[k]] = 6;
  });
  targets.cellWeights.data.forEach((weight, i) => {
    if (weight === 0) return;
    const cell = targets.cells.data[i];
    for (let edge = 0; edge < 4; edge++) {
      const place = targets.distances.data[4 * i + edge] / config.bin_size;
      const low = Math.floor(place);
      const at = (bin: number): number => (edge * config.bins + bin) * CELLS + cell;
      edges[at(low)] = Math.log(Math.max(1e-9, 1 - (place - low)));
      edges[at(low + 1)] = Math.log(Math.max(1e-9, place - low));
    }
  });
  return { heatmap, edges };
}

const objects: LabelledBox[] = [
  { label: 'dog', box: [0.1, 0.12, 0.45, 0.5] },
  { label: 'dog', box: [0.4, 0.4, 0.93, 0.99] },
  { label: 'car', box: [0.55, 0.03, 0.97, 0.28] },
];

describe('targets of the center detector', () => {
  it('puts each centre in its cell and label, where a score is no false alarm', () => {
    const { centres, centreWeights, negative } = centerTargets(config, [[], objects]);
    expect([...centreWeights.data]).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0]);
    // Middles 0.275, 0.31 of the first dog and 0.76, 0.155 of the car, in 16 cells; dog is label 0, car 2.
    const second = config.labels.length * CELLS;
    expect(centres.data[6]).toBe(second + 4 * GRID + 4);
    expect(centres.data[8]).toBe(second + 2 * CELLS + 2 * GRID + 12);
    for (const slot of [6, 7, 8]) expect(negative.data[centres.data[slot]]).toBe(0);
    expect(negative.data[centres.data[6] + 1]).toBeGreaterThan(0);
    expect(negative.data[centres.data[6] + 1]).toBeLessThan(0.9);
    expect(negative.data[centres.data[6] + CELLS]).toBe(1);
    expect(negative.data.subarray(0, second).every((weight) => weight === 1)).toBe(true);
  });

  it('gives the cells around a centre the distances to its edges, with weights that sum to 1', () => {
    const { cells, cellWeights, distances } = centerTargets(config, [objects]);
    for (const [k, { box }] of objects.entries()) {
      const slots = Array.from({ length: 9 }, (_, i) => 9 * k + i).filter((i) => cellWeights.data[i] > 0);
      expect(slots.length).toBeGreaterThan(1);
      expect(slots.reduce((sum, i) => sum + cellWeights.data[i], 0)).toBeCloseTo(1, 5);
      for (const i of slots) {
        const [u, v] = [(cells.data[i] % GRID) + 0.5, Math.floor(cells.data[i] / GRID) + 0.5].map(
          (c) => 4 * c,
        );
        const [left, top, right, bottom] = distances.data.subarray(4 * i, 4 * i + 4);
        const edges = [u - left, v - top, u + right, v + bottom].map((pixels) => pixels / 64);
        edges.forEach((edge, e) => {
          expect(edge).toBeCloseTo(box[e], 5);
        });
      }
    }
  });

  it('gives a cell that two objects claim to the nearer one', () => {
    const near: LabelledBox[] = [
      { label: 'dog', box: [0.1, 0.1, 0.4, 0.4] },
      { label: 'apple', box: [0.2, 0.1, 0.5, 0.4] },
    ];
    const { cells, cellWeights } = centerTargets(config, [near]);
    const used = [...cells.data].filter((_, i) => cellWeights.data[i] > 0);
    expect(used.length).toBeGreaterThan(6);
    expect(new Set(used).size).toBe(used.length);
  });

  it('refuses unknown labels and too many objects', () => {
    const cat: LabelledBox = { label: 'cat', box: [0, 0, 1, 1] };
    expect(() => centerTargets(config, [[], [cat]])).toThrow('pictures[1][0].label: "cat"');
    expect(() => centerTargets(config, [objects], { objects: 2, cells: 9 })).toThrow(
      'pictures[0]: 3 objects',
    );
  });
});

it('decodes the boxes that a perfect network would tell, two of one label among them', () => {
  const { heatmap, edges } = perfectOutputs(objects);
  const found = decodeCenters(config, heatmap, edges);
  expect(found).toHaveLength(objects.length);
  for (const { label, box } of objects) {
    const best = Math.max(...found.filter((seen) => seen.label === label).map((seen) => iou(seen.box, box)));
    expect(best).toBeGreaterThan(0.999);
  }
  expect(decodeCenters(config, heatmap, edges, { minScore: 0.999 })).toEqual([]);
});

it('costs nothing to be perfect, and something to miss a box by a few pixels', async () => {
  const values = (tensors: Tensors) =>
    Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, constant(value)]));
  const lossOf = async (seen: readonly LabelledBox[]): Promise<Tensors> => {
    const { heatmap, edges } = perfectOutputs(seen);
    const outputs = values({
      heatmap: tensor(heatmap, [1, 3, GRID, GRID]),
      edges: tensor(edges, [1, 4 * config.bins, GRID, GRID]),
    });
    const { loss, ...parts } = centerLoss(config, outputs, values(centerTargets(config, [objects])));
    const graph = { inputs: {}, params: {}, outputs: { loss, ...parts } };
    return (await referenceBackend().compile(graph, {})).run({});
  };
  const perfect = await lossOf(objects);
  expect(perfect.heatmap.data[0]).toBeLessThan(0.01);
  expect(Math.abs(perfect.giou.data[0])).toBeLessThan(1e-3);
  const moved = await lossOf(
    objects.map(({ label, box }) => ({ label, box: [box[0], box[1], box[2] - 0.05, box[3]] as const })),
  );
  expect(moved.giou.data[0]).toBeGreaterThan(0.05);
  expect(moved.distribution.data[0]).toBeGreaterThan(perfect.distribution.data[0] + 0.5);
  const missed = await lossOf([]);
  expect(missed.heatmap.data[0]).toBeGreaterThan(5);
});

describe('pictures of any size', () => {
  const ramp = (width: number, height: number): RgbImage => ({
    width,
    height,
    channels: 3,
    data: Uint8ClampedArray.from({ length: 3 * width * height }, (_, i) => {
      const x = (Math.floor(i / 3) % width) + 0.5;
      return [(200 * x) / width, 255, 0][i % 3];
    }),
  });

  it('leaves the pixels of the right size alone', () => {
    const image = ramp(8, 8);
    const planes = new Float32Array(3 * 64);
    writePlanes(image, { width: 8, height: 8 }, planes);
    for (let i = 0; i < 64; i++) expect((planes[i] + 1) * 127.5).toBeCloseTo(image.data[3 * i], 3);
    expect(planes.subarray(64, 128).every((v) => v === 1)).toBe(true);
    expect(planes.subarray(128).every((v) => v === -1)).toBe(true);
  });

  it('stretches a ramp to a ramp, up and down', () => {
    for (const [width, height] of [
      [40, 20],
      [5, 12],
    ]) {
      const planes = new Float32Array(3 * 64);
      writePlanes(ramp(width, height), { width: 8, height: 8 }, planes);
      for (let x = 2; x < 6; x++)
        expect((planes[3 * 8 + x] + 1) * 127.5).toBeCloseTo((200 * (x + 0.5)) / 8, -0.5);
    }
  });

  it('refuses data that do not fit', () => {
    const image: RgbImage = { width: 2, height: 2, channels: 3, data: new Uint8ClampedArray(11) };
    expect(() => writePlanes(image, { width: 8, height: 8 }, new Float32Array(192))).toThrow(
      'image.data: holds 11 bytes',
    );
  });
});

describe('config of the center detector', () => {
  it('names the field that does not fit', () => {
    expect(parseCenterConfig(config)).toEqual(config);
    expect(() => parseCenterConfig({ ...config, labels: [] })).toThrow('labels');
    expect(() => parseCenterConfig({ ...config, labels: ['dog', 'dog'] })).toThrow('labels: must not repeat');
    expect(() => parseCenterConfig({ ...config, image_size: 100 })).toThrow(
      'image_size: 100 must be a multiple',
    );
    expect(() => parseCenterConfig({ ...config, channels: [8, 16] })).toThrow('channels: has 2 entries');
    expect(() => parseCenterConfig({ ...config, norm_groups: 7 })).toThrow('norm_groups: 7 must divide');
  });

  it('names missing files and weights that do not fit', async () => {
    const backend = referenceBackend();
    const none = { read: async () => undefined };
    await expect(centerDetector({ backend, files: none })).rejects.toThrow('config.json is missing');
    const onlyConfig = {
      read: async (path: string) =>
        path === 'config.json' ? new TextEncoder().encode(JSON.stringify(config)) : undefined,
    };
    await expect(centerDetector({ backend, files: onlyConfig })).rejects.toThrow(
      'model.safetensors is missing',
    );
  });
});
