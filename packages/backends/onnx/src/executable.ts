// A session with the parameters that training moves on.

import { DeviceError, type Executable, type Graph, type Tensor, type Tensors } from '@spatiallock/core';
import { checkTensors, oneAtATime } from '@spatiallock/core/backend';
import type { InferenceSession } from 'onnxruntime-common';
import { endName } from './build.js';
import { fromOrt, type OrtModule, type OrtTensor, toOrt } from './tensors.js';

export interface ExecutableParts {
  readonly ort: OrtModule;
  readonly session: InferenceSession;
  readonly guard: <T>(task: () => Promise<T>) => Promise<T>;
  readonly graph: Graph;
  readonly params: Tensors;
  readonly inputs: readonly string[];
  readonly fedParams: readonly string[];
}

/**
 * Runs are queued: each sees the parameters that the one before left. A failed run leaves them as they were.
 * Parameters are fed from the memory that the last run wrote them to; nothing is copied on the way in.
 */
export function executable(parts: ExecutableParts): Executable {
  const { ort, session, guard, graph, inputs, fedParams } = parts;
  const { state, fixed } = begun(ort, parts.params, Object.keys(graph.updates ?? {}));
  const updates = [...state.keys()];
  const enqueue = oneAtATime();
  let disposed = false;

  const step = async (given: Tensors): Promise<Tensors> => {
    if (disposed) throw new Error('run: this executable was disposed of');
    const feeds: Record<string, OrtTensor> = {};
    for (const name of inputs) feeds[endName('input', name)] = toOrt(ort, given[name]!);
    for (const name of fedParams) feeds[endName('param', name)] = state.get(name)!;
    const results = await guard(() => session.run(feeds));
    for (const name of updates) state.set(name, results[endName('update', name)]!);
    return Object.fromEntries(
      Object.entries(graph.outputs).map(([name, value]) => [
        name,
        fromOrt(results[endName('output', name)]!, value),
      ]),
    );
  };

  return {
    async run(given) {
      checkTensors('inputs', graph.inputs, given);
      return enqueue(() => step(given));
    },
    readParams: () =>
      enqueue(async () => {
        if (disposed) throw new Error('readParams: this executable was disposed of');
        const moved = [...state].map(
          ([name, tensor]) => [name, fromOrt(tensor, graph.params[name]!)] as const,
        );
        return { ...fixed, ...Object.fromEntries(moved) };
      }),
    dispose: () =>
      enqueue(async () => {
        if (disposed) return;
        disposed = true;
        state.clear();
        await guard(() => session.release()).catch((cause) => {
          // A lost device holds nothing any more.
          if (!(cause instanceof DeviceError)) throw cause;
        });
      }),
  };
}

/**
 * The parameters that move on, as the runtime takes them, and the others. No closure of the executable may name them all: the
 * first numbers of those that move would take memory as long as the graph lives.
 */
function begun(ort: OrtModule, params: Tensors, updates: readonly string[]) {
  // Moving averages begin as their parameters: what lies in a file is read once for both.
  const known = new Map<Tensor, OrtTensor>();
  const begin = (tensor: Tensor): OrtTensor => {
    const begun = known.get(tensor) ?? toOrt(ort, tensor);
    known.set(tensor, begun);
    return begun;
  };
  const state = new Map<string, OrtTensor>(updates.map((name) => [name, begin(params[name]!)]));
  const fixed: Tensors = Object.fromEntries(Object.entries(params).filter(([name]) => !state.has(name)));
  return { state, fixed };
}
