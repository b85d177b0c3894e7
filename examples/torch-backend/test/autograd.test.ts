// Our gradients against those of PyTorch's own differentiation, on the small Stable Diffusion of the fixtures.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpu } from '@spatiallock/backend-onnx';
import {
  grad,
  input,
  mean,
  multiply,
  type Plugin,
  sizeOf,
  subtract,
  type Tensor,
  type Tensors,
  tensor,
  type Value,
} from '@spatiallock/core';
import {
  attrsOf,
  expandComposites,
  type LeafAttrs,
  parameterOp,
  rootsOf,
  topological,
} from '@spatiallock/core/backend';
import { initialise, normals, random } from '@spatiallock/core/nn';
import { loadModel, unetGraph } from '@spatiallock/core/pipeline';
import { poi } from '@spatiallock/poi';
import { fixtureModel } from '@spatiallock/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { bytesOf, programOf } from '../src/program.js';
import { python } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'spatiallock-autograd-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sizes = { batch: 2, height: 8, width: 8, tokens: 6, objects: 2 };
const script = fileURLToPath(new URL('autograd.py', import.meta.url));

/** The mean squared error of the U-Net's prediction, with numbers for all that it reads. */
async function problem(plugins: readonly Plugin[]) {
  const { unet } = await loadModel(fixtureModel(), [poi()]);
  const has = (name: string): boolean => Object.hasOwn(unet.params, name);
  const graph = unetGraph(unet.config, plugins, sizes, has);
  const [output] = Object.values(graph.outputs) as [Value];
  const target = input('target', output.shape);
  const error = subtract(output, target);
  const inputs = { ...graph.inputs, target };
  const fresh = drawn(graph.params);
  const params = Object.fromEntries(
    Object.keys(graph.params).map((name) => [name, unet.params[name] ?? fresh[name]!]),
  );
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, value], i) => [name, fed(name, value, i)]),
  );
  return { graph: { ...graph, inputs }, loss: mean(multiply(error, error)), params, feeds };
}

/** Small numbers for what training begins with; zeros would hide gradients behind them. */
function drawn(values: Readonly<Record<string, Value>>): Tensors {
  const rng = random(5);
  return Object.fromEntries(
    Object.entries(initialise(values, 4)).map(([name, { shape, data }]) => [
      name,
      tensor(
        Float32Array.from(data, (x) => x + 0.1 * rng.normal()),
        shape,
      ),
    ]),
  );
}

function fed(name: string, { dtype, shape }: Value, i: number): Tensor {
  const numbers = normals(i + 1, sizeOf(shape));
  if (dtype === 'bool') return { dtype, shape, data: new Uint8Array(numbers.length).fill(1) };
  if (dtype === 'int32') return { dtype, shape, data: new Int32Array(numbers.length) };
  if (name === 'timestep') return tensor(numbers.fill(400), shape);
  return tensor(/box|mask|scale/i.test(name) ? numbers.map((x) => Math.min(1, Math.abs(x))) : numbers, shape);
}

type Problem = Awaited<ReturnType<typeof problem>>;

async function ours({ graph, loss, params, feeds }: Problem): Promise<Tensors> {
  const names = Object.keys(graph.params);
  const gradients = grad(
    loss,
    names.map((name) => graph.params[name]!),
  );
  const outputs = Object.fromEntries(names.map((name, i) => [name, gradients[i]!]));
  const backend = cpu();
  const executable = await backend.compile({ inputs: graph.inputs, params: graph.params, outputs }, params);
  try {
    return await executable.run(feeds);
  } finally {
    await executable.dispose();
    await backend.dispose();
  }
}

function byPyTorch({ graph, loss, params, feeds }: Problem): Tensors {
  const forward = expandComposites({ ...graph, outputs: { loss } });
  const { message, parts, inputs } = programOf(forward, params);
  const numbers = [...parts, ...inputs.map((name) => bytesOf(feeds[name]!))];
  writeFileSync(join(folder, 'graph.json'), JSON.stringify(message));
  writeFileSync(join(folder, 'numbers.bin'), Buffer.concat(numbers));
  execFileSync(python, [script, folder], { stdio: ['ignore', 'inherit', 'inherit'] });
  const { buffer } = Uint8Array.from(readFileSync(join(folder, 'gradients.bin')));
  let offset = 0;
  const read = topological(rootsOf(forward)).filter(({ op }) => op === parameterOp);
  return Object.fromEntries(
    read.map((value) => {
      const data = new Float32Array(buffer, offset, sizeOf(value.shape));
      offset += data.byteLength;
      return [attrsOf<LeafAttrs>(value).name, tensor(data, value.shape)] as const;
    }),
  );
}

const largest = (numbers: ArrayLike<number>): number =>
  Array.from(numbers).reduce((most, x) => Math.max(most, Math.abs(x)), 0);

describe.each<[string, readonly Plugin[]]>([
  ['the U-Net alone', []],
  ["with GLIGEN's layers", [poi({ injection: false })]],
  ['with object-relative injection', [poi({ injection: true })]],
])('gradients of the loss: %s', (_, plugins) => {
  it('agree with PyTorch to 1e-4 for every parameter', async () => {
    const given = await problem(plugins);
    const [found, expected] = [await ours(given), byPyTorch(given)];
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
    expect(Object.keys(found).length).toBeGreaterThan(100);
    const sizes = Object.values(expected).map(({ data }) => largest(data));
    // Biases before a softmax change nothing: their gradients are rounding alone.
    const floor = 1e-6 * largest(sizes);
    for (const [name, { data }] of Object.entries(expected)) {
      const difference = largest(Array.from(data, (x, i) => x - found[name]!.data[i]!));
      expect(difference, name).toBeLessThanOrEqual(1e-4 * Math.max(largest(data), floor));
    }
  });
});
