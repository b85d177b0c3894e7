// What Backend and Executable promise beside numbers.

import {
  add,
  type Backend,
  cast,
  type Graph,
  input,
  matmul,
  messageOf,
  multiply,
  parameter,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import type { Case } from './case.js';
import { expectTensors } from './compare.js';

const weight = tensor([1, 2, 3, 4], [2, 2]);
const one = tensor([1, 0, 0, 1], [2, 2]);

function linear(): Graph {
  const x = input('x', [2, 2]);
  const w = parameter('net.weight', [2, 2]);
  return { inputs: { x }, params: { 'net.weight': w }, outputs: { y: matmul(x, w) } };
}

/** Throws unless `task` fails with a message that holds `words`. */
async function expectError(task: () => Promise<unknown>, words: string): Promise<void> {
  let message: string | undefined;
  try {
    await task();
  } catch (error) {
    message = messageOf(error);
  }
  if (message === undefined) throw new Error(`nothing was thrown, but an error about "${words}" must be`);
  if (!message.includes(words)) throw new Error(`the error must contain "${words}", but says: ${message}`);
}

async function withLinear(
  backend: Backend,
  task: (run: (inputs: Tensors) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const executable = await backend.compile(linear(), { 'net.weight': weight });
  try {
    await task(async (inputs) => executable.run(inputs));
  } finally {
    await executable.dispose();
  }
}

export const contractCases: readonly Case[] = [
  {
    name: 'contract: parameters and inputs come back as outputs, and one value under two names',
    run: async (backend) => {
      const x = input('x', [2, 2]);
      const w = parameter('w', [2, 2]);
      const y = multiply(x, 2);
      const graph: Graph = { inputs: { x }, params: { w }, outputs: { x, w, y, again: y } };
      const executable = await backend.compile(graph, { w: weight });
      try {
        for (let i = 0; i < 2; i++) {
          const found = await executable.run({ x: one });
          const double = tensor([2, 0, 0, 2], [2, 2]);
          expectTensors(backend.name, 'op', found, { x: one, w: weight, y: double, again: double });
        }
        expectTensors(backend.name, 'op', await executable.readParams(), { w: weight });
      } finally {
        await executable.dispose();
      }
    },
  },
  {
    name: 'contract: an input that no output needs may be given',
    run: async (backend) => {
      const [x, spare] = [input('x', [2, 2]), input('spare', [1])];
      const graph: Graph = { inputs: { x, spare }, params: {}, outputs: { y: add(x, x) } };
      const executable = await backend.compile(graph, {});
      try {
        const found = await executable.run({ x: one, spare: tensor([5], [1]) });
        expectTensors(backend.name, 'op', found, { y: tensor([2, 0, 0, 2], [2, 2]) });
      } finally {
        await executable.dispose();
      }
    },
  },
  {
    name: 'contract: half precision comes out where the graph asks for it',
    run: async (backend) => {
      const w = parameter('w', [3]);
      const graph: Graph = { inputs: {}, params: { w }, outputs: { w, half: cast(w, 'float16') } };
      const full = tensor([1, -3, 1 / 3], [3]);
      const half = { dtype: 'float16', shape: [3], data: Uint16Array.of(0x3c00, 0xc200, 0x3555) } as const;
      const executable = await backend.compile(graph, { w: full });
      try {
        expectTensors(backend.name, 'op', await executable.run({}), { w: full, half });
      } finally {
        await executable.dispose();
      }
    },
  },
  {
    name: 'contract: a missing parameter is named',
    run: (backend) => expectError(() => backend.compile(linear(), {}), 'net.weight'),
  },
  {
    name: 'contract: a missing input and one of another shape are named',
    run: (backend) =>
      withLinear(backend, async (run) => {
        await expectError(() => run({}), 'x');
        await expectError(() => run({ x: tensor([1], [1]) }), 'x');
        await run({ x: one });
      }),
  },
  {
    name: 'contract: compiling stops when asked to',
    run: (backend) => {
      const signal = {
        aborted: true,
        throwIfAborted: () => {
          throw new Error('enough');
        },
      };
      return expectError(() => backend.compile(linear(), { 'net.weight': weight }, { signal }), 'enough');
    },
  },
];
