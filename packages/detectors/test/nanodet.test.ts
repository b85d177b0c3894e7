import {
  type Box,
  type FileSource,
  iou,
  type LabelledBox,
  type RgbImage,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { describe, expect, it, vi } from 'vitest';
import {
  cocoLabels,
  decodeNanodet,
  letterbox,
  NANODET_BINS,
  NANODET_STRIDES,
  nanodet,
  nanodetTargets,
  readNanodetWeights,
  urlFiles,
} from '../src/index.js';
import { readTfjsModel } from '../src/nanodet/tfjsWeights.js';

const WIDTH = 128;
const HEIGHT = 96;
const size = { width: WIDTH, height: HEIGHT };

/** Raw outputs that say what the targets say: each learning cell sure of its label, both bins around each distance. */
function perfectOutputs(objects: readonly LabelledBox[]): Tensors {
  const { cells, labels, cellWeights, distances } = nanodetTargets(size, [objects]);
  const outputs: Record<string, { data: Float32Array; shape: number[]; dtype: 'float32' }> = {};
  let first = 0;
  for (const stride of NANODET_STRIDES) {
    const [rows, columns] = [HEIGHT / stride, WIDTH / stride];
    const count = rows * columns;
    const scores = new Float32Array(cocoLabels.length * count).fill(-9);
    const edges = new Float32Array(4 * NANODET_BINS * count).fill(-40);
    cellWeights.data.forEach((weight, i) => {
      const cell = cells.data[i] - first;
      if (weight === 0 || cell < 0 || cell >= count) return;
      scores[(labels.data[i] - cells.data[i] * cocoLabels.length) * count + cell] = 4;
      for (let edge = 0; edge < 4; edge++) {
        const place = distances.data[4 * i + edge];
        const low = Math.floor(place);
        const at = (bin: number): number => (edge * NANODET_BINS + bin) * count + cell;
        edges[at(low)] = Math.log(1 - (place - low));
        if (place > low) edges[at(low + 1)] = Math.log(place - low);
      }
    });
    const shape = (channels: number): number[] => [1, channels, rows, columns];
    outputs[`scores${stride}`] = { dtype: 'float32', shape: shape(cocoLabels.length), data: scores };
    outputs[`edges${stride}`] = { dtype: 'float32', shape: shape(4 * NANODET_BINS), data: edges };
    first += count;
  }
  return outputs;
}

const objects: LabelledBox[] = [
  { label: 'toothbrush', box: [0.05, 0.1, 0.5, 0.9] },
  { label: 'person', box: [0.4, 0.05, 0.98, 0.6] },
  { label: 'person', box: [0.62, 0.7, 0.8, 0.95] },
];

describe('targets and decoding of NanoDet', () => {
  it('gives back the boxes that the targets were made from', () => {
    const found = decodeNanodet(perfectOutputs(objects), { minScore: 0.5 });
    expect(found).toHaveLength(3);
    for (const { label, box } of objects) {
      const best = Math.max(...found.filter((d) => d.label === label).map((d) => iou(d.box, box)));
      expect(best).toBeGreaterThan(0.999);
    }
    expect(decodeNanodet(perfectOutputs([]))).toEqual([]);
    expect(() => decodeNanodet(perfectOutputs([]), { minScore: 0 })).toThrow('minScore');
  });

  it('lets cells inside an object, on a level of its size, learn it, and each cell one object', () => {
    const { cells, cellWeights, distances } = nanodetTargets(size, [[], objects]);
    const perPicture = (128 * 96) / 64 + (128 * 96) / 256 + (128 * 96) / 1024;
    const used = [...cells.data].filter((_, i) => cellWeights.data[i] === 1);
    expect(used.length).toBeGreaterThan(5);
    expect(new Set(used).size).toBe(used.length);
    expect(used.every((cell) => cell >= perPicture && cell < 2 * perPicture)).toBe(true);
    expect(Math.min(...distances.data)).toBeGreaterThan(0);
    const small = nanodetTargets(size, [[objects[2]]]);
    const level = [...small.cells.data].filter((_, i) => small.cellWeights.data[i] === 1);
    expect(level.every((cell) => cell < (128 * 96) / 64)).toBe(true);
  });

  it('says what is wrong with labels, sizes and slots', () => {
    const unknown = [{ label: 'unicorn', box: [0, 0, 1, 1] as Box }];
    expect(() => nanodetTargets(size, [[], unknown])).toThrow('pictures[1][0].label: "unicorn"');
    expect(() => nanodetTargets(size, [objects], { objects: 2 })).toThrow('3 objects do not fit 2 slots');
    expect(() => nanodetTargets({ width: 100, height: 96 }, [objects])).toThrow('multiples of 32');
  });
});

describe('letterbox', () => {
  it('puts a picture in the middle of a black square, and boxes back onto it', () => {
    const white: RgbImage = {
      width: 8,
      height: 4,
      channels: 3,
      data: new Uint8ClampedArray(96).fill(255),
    };
    const { planes, toPicture } = letterbox(white, 8);
    const column = Array.from({ length: 8 }, (_, y) => planes[64 + 8 * y + 5]);
    expect(column).toEqual([-1, -1, 1, 1, 1, 1, -1, -1]);
    expect(toPicture([0.25, 0.25, 0.5, 0.75])).toEqual([0.25, 0, 0.5, 1]);
    expect(toPicture([-0.1, 0.1, 1.2, 0.5])).toEqual([0, 0, 1, 0.5]);
  });
});

describe('the cost of a letterbox', () => {
  /** Pixels that are read, and the longest array that is made, for a picture of this size. */
  function cost(width: number, height: number): { reads: number; longest: number } {
    let [reads, longest] = [0, 0];
    const data = new Proxy(new Uint8ClampedArray(3 * width * height), {
      get(target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) reads++;
        return Reflect.get(target, key, target);
      },
    });
    const counted = <T extends Float32ArrayConstructor | Uint8ClampedArrayConstructor>(Kind: T): T =>
      new Proxy(Kind, {
        construct(target, [size]: [number]) {
          longest = Math.max(longest, size);
          return new target(size);
        },
      });
    vi.stubGlobal('Float32Array', counted(Float32Array));
    vi.stubGlobal('Uint8ClampedArray', counted(Uint8ClampedArray));
    try {
      letterbox({ width, height, channels: 3, data }, 32);
    } finally {
      vi.unstubAllGlobals();
    }
    return { reads, longest };
  }

  it('follows the area of the picture, not the square of its longer side', () => {
    const square = cost(120, 120);
    for (const strip of [cost(1440, 10), cost(10, 1440)]) {
      expect(strip.reads).toBeGreaterThan(0);
      expect(strip.reads).toBeLessThan(2 * square.reads);
      expect(strip.longest).toBe(square.longest);
    }
  });

  it('changes nothing: the strip looks as it does in a square of its own', () => {
    const [width, height, side] = [45, 7, 16];
    const data = Uint8ClampedArray.from({ length: 3 * width * height }, (_, i) => (i * 37) % 256);
    const padded = new Uint8ClampedArray(3 * width * width);
    padded.set(data, 3 * width * Math.floor((width - height) / 2));
    const strip = letterbox({ width, height, channels: 3, data }, side);
    expect(strip.planes).toEqual(letterbox({ width, height: width, channels: 3, data: padded }, side).planes);
  });
});

/** A TFJS model of one weight as it would lie on disk. */
function filesOf(entry: object, bytes: Uint8Array, nodes: object[] = []): FileSource {
  const model = {
    modelTopology: { node: nodes },
    weightsManifest: [{ paths: ['a.bin', 'b.bin'], weights: [{ name: 'w', shape: [2], ...entry }] }],
  };
  const files: Record<string, Uint8Array> = {
    'some/model.json': new TextEncoder().encode(JSON.stringify(model)),
    'some/a.bin': bytes.slice(0, 1),
    'some/b.bin': bytes.slice(1),
  };
  return { read: async (path) => files[path] };
}

describe('weights in TFJS form', () => {
  const bytesOf = (numbers: Float32Array | Uint16Array | Int32Array): Uint8Array =>
    new Uint8Array(numbers.buffer);
  const read = async (entry: object, bytes: Uint8Array) =>
    (await readTfjsModel(filesOf(entry, bytes), 'some/model.json')).weights.w;

  it('reads plain, half-precision and quantised numbers from several shards', async () => {
    const float = { dtype: 'float32' };
    expect(await read(float, bytesOf(Float32Array.of(1.5, -2)))).toEqual(tensor([1.5, -2], [2]));
    const half = { ...float, quantization: { dtype: 'float16' } };
    expect(await read(half, bytesOf(Uint16Array.of(0x3c00, 0xc100)))).toEqual(tensor([1, -2.5], [2]));
    const byte = { ...float, quantization: { dtype: 'uint8', min: -1, scale: 0.5 } };
    expect(await read(byte, Uint8Array.of(0, 6))).toEqual(tensor([-1, 2], [2]));
    const integer = { dtype: 'int32' };
    expect(await read(integer, bytesOf(Int32Array.of(7, -7)))).toEqual(tensor([7, -7], [2], 'int32'));
  });

  it('names the file and the weight at fault', async () => {
    const float = { dtype: 'float32' };
    await expect(read(float, new Uint8Array(7))).rejects.toThrow('ends before w');
    await expect(read(float, new Uint8Array(9))).rejects.toThrow('holds 9 bytes, the manifest names 8');
    await expect(read({ dtype: 'string' }, new Uint8Array(8))).rejects.toThrow('w has dtype string');
    const other = filesOf(float, new Uint8Array(8));
    await expect(readNanodetWeights(other, 'some/model.json')).rejects.toThrow('holds 0 convolutions');
    await expect(readNanodetWeights(other)).rejects.toThrow('nanodet.json is missing');
  });
});

describe('nanodet()', () => {
  const backend = {
    name: 'none',
    compile: () => Promise.reject(new Error('unused')),
    dispose: async () => {},
  };

  it('asks for what it needs', async () => {
    await expect(nanodet({ backend })).rejects.toThrow('`files`');
    await expect(nanodet({ backend, weights: {} })).rejects.toThrow('backbone.stages.0.weight');
    await expect(nanodet({ backend, imageSize: 100 })).rejects.toThrow('multiple of 32');
    await expect(nanodet({ backend, files: '/models' })).rejects.toThrow('directory(path)');
  });

  it('reads files from an address', async () => {
    const asked: string[] = [];
    vi.stubGlobal('fetch', async (url: string) => {
      asked.push(url);
      const status = url.endsWith('.bin') ? 200 : url.endsWith('.json') ? 404 : 500;
      return new Response(status === 200 ? 'abc' : '', { status });
    });
    const files = urlFiles('https://example.org/models/');
    expect(await files.read('x.bin')).toEqual(new TextEncoder().encode('abc'));
    expect(await files.read('x.json')).toBeUndefined();
    await expect(files.read('x')).rejects.toThrow('https://example.org/models/x: the server answered 500');
    expect(asked[0]).toBe('https://example.org/models/x.bin');
    vi.unstubAllGlobals();
  });
});
