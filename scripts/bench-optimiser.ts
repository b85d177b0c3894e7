// `npm run bench:optimiser`: AdamW as `updates` inside the graph against a loop in place on the host over gradients
// that the runtime hands out. Which is faster decides how the ONNX backend trains.

import { cpu } from '@spatiallock/backend-onnx';
import { input, multiply, parameterStore, scalar, tensor, zeros } from '@spatiallock/core';
import { initialise, normals } from '@spatiallock/core/nn';
import { adamw } from '@spatiallock/core/train';

const PARAMETERS = 16;
const SIZE = [1024, 1024] as const;
const ROUNDS = 9;
const COUNT = SIZE[0] * SIZE[1];
const names = Array.from({ length: PARAMETERS }, (_, i) => `p${i}`);

function fastest(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  return `fastest ${sorted[0]!.toFixed(0)} ms, median ${sorted[sorted.length >> 1]!.toFixed(0)} ms`;
}

async function timed(task: () => Promise<void>): Promise<string> {
  await task();
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const start = performance.now();
    await task();
    times.push(performance.now() - start);
  }
  return fastest(times);
}

const gradients = Object.fromEntries(names.map((name, i) => [name, tensor(normals(i + 1, COUNT), SIZE)]));

async function insideTheGraph(): Promise<string> {
  const store = parameterStore();
  const optimise = adamw();
  const updates: Record<string, ReturnType<typeof scalar>> = {};
  const inputs = Object.fromEntries(names.map((name) => [name, input(name, SIZE)]));
  for (const name of names) {
    const parameter = store.scope.param(name, SIZE, zeros);
    const gradient = inputs[name]!;
    const move = optimise({
      state: store.scope.at('state', name),
      parameter,
      gradient,
      step: scalar(3),
      learningRate: scalar(1e-3),
    });
    updates[name] = move.next;
    for (const [value, next] of move.state) updates[String(value.attrs.name)] = next;
  }
  const graph = { inputs, params: store.params, outputs: {}, updates };
  const step = await cpu().compile(graph, initialise(store.params, 1));
  return timed(async () => void (await step.run(gradients)));
}

async function onTheHost(): Promise<string> {
  const inputs = Object.fromEntries(names.map((name) => [name, input(name, SIZE)]));
  const outputs = Object.fromEntries(names.map((name) => [name, multiply(inputs[name]!, 2)]));
  const backward = await cpu().compile({ inputs, params: {}, outputs }, {});
  const state = names.map(
    () => [0, 1, 2].map(() => new Float32Array(COUNT)) as [Float32Array, Float32Array, Float32Array],
  );
  return timed(async () => {
    const given = await backward.run(gradients);
    for (const [i, name] of names.entries()) {
      moveInPlace(...state[i]!, given[name]!.data as Float32Array);
    }
  });
}

function moveInPlace(
  parameter: Float32Array,
  mean: Float32Array,
  square: Float32Array,
  gradient: Float32Array,
): void {
  for (let i = 0; i < parameter.length; i++) {
    const g = gradient[i]!;
    const m = 0.9 * mean[i]! + 0.1 * g;
    const v = 0.99 * square[i]! + 0.01 * g * g;
    mean[i] = m;
    square[i] = v;
    parameter[i] = parameter[i]! * (1 - 1e-5) - (1e-3 * m) / (Math.sqrt(v) + 1e-8);
  }
}

process.stdout.write(`AdamW over ${((PARAMETERS * COUNT) / 1e6).toFixed(1)} million parameters\n`);
process.stdout.write(`inside the graph: ${await insideTheGraph()}\n`);
process.stdout.write(`on the host:      ${await onTheHost()}\n`);
