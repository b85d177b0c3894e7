import type { AbortSignalLike } from '../abort.js';
import { type Backend, checkBackend } from '../graph/backend.js';
import { attention, groupNorm, silu, upsampleNearest } from '../graph/composite.js';
import { add } from '../graph/elementwise.js';
import { concat, reshape, transpose } from '../graph/layout.js';
import { conv2d, matmul } from '../graph/linear.js';
import { sizeOf, type Tensor, tensor } from '../graph/tensor.js';
import { type Graph, input, parameter } from '../graph/value.js';
import { random } from '../nn/random.js';
import { interpret } from '../reference/interpret.js';

/** Of the largest number; graphics cards compute exponentials with few bits, and halves have 11. */
const TOLERANCES = { float32: 1e-3, half: 1e-2 } as const;
const WIDTH = 8;
const SIDE = 16;

/**
 * Throws unless a backend computes a small network as the reference interpreter does: convolutions, a norm, an
 * upsampled map, and attention among as many pixels as lead runtimes to their fused kernels.
 */
export async function selfTest(backend: Backend, signal?: AbortSignalLike): Promise<void> {
  checkBackend(backend);
  const graph = network();
  const given = (kind: 'inputs' | 'params') =>
    Object.fromEntries(
      Object.entries(graph[kind]).map(([name, { shape }], i) => [name, noise(shape, i + 1)]),
    );
  const [feeds, params] = [given('inputs'), given('params')];
  const executable = await backend.compile(graph, params, { signal });
  try {
    const { y } = await executable.run(feeds);
    compare(y, interpret(graph.outputs, feeds, params).y!, TOLERANCES[backend.precision ?? 'float32']);
  } finally {
    await executable.dispose();
  }
}

function network(): Graph {
  const x = input('x', [1, WIDTH, SIDE / 2, SIDE / 2]);
  const kernel = parameter('kernel', [WIDTH, WIDTH, 3, 3]);
  const [weight, bias] = [parameter('weight', [WIDTH]), parameter('bias', [WIDTH])];
  const project = parameter('project', [WIDTH, WIDTH]);
  const wide = upsampleNearest(conv2d(x, kernel, { padding: 1 }), 2);
  const map = silu(groupNorm(add(wide, reshape(bias, [WIDTH, 1, 1])), weight, bias, 2));
  const tokens = transpose(reshape(map, [1, WIDTH, SIDE * SIDE]), [0, 2, 1]);
  const mixed = attention(matmul(tokens, project), tokens, tokens);
  const back = reshape(transpose(mixed, [0, 2, 1]), map.shape);
  const y = conv2d(concat([back, map], 1), concat([kernel, kernel], 1), { padding: 1, stride: 2 });
  return { inputs: { x }, params: { kernel, weight, bias, project }, outputs: { y } };
}

function noise(shape: readonly number[], seed: number): Tensor {
  const source = random(seed);
  return tensor(
    Array.from({ length: sizeOf(shape) }, () => source.normal()),
    shape,
  );
}

function compare(actual: Tensor | undefined, expected: Tensor, tolerance: number): void {
  const numbers = Array.from(expected.data);
  const allowed = tolerance * numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const at = numbers.findIndex((x, i) => !(Math.abs((actual?.data[i] ?? Number.NaN) - x) <= allowed));
  if (at < 0) return;
  throw new Error(
    `computes wrong numbers: the self-test's y[${at}] is ${actual?.data[at]} but must be ${numbers[at]}`,
  );
}
