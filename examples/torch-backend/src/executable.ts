// A graph in the worker, which runs what it is sent in order.

import type { Executable, Graph, Tensors, Value } from '@spatiallock/core';
import { checkTensors } from '@spatiallock/core/backend';
import { bytesOf, type Program } from './program.js';
import { tensorsOf } from './tensors.js';
import type { Worker } from './worker.js';

/** `id` is the executable's number in the worker. */
export function executable(
  worker: Worker,
  id: number,
  graph: Graph,
  params: Tensors,
  { inputs, updates, message }: Program,
): Executable {
  const outputs = Object.entries(graph.outputs);
  let disposed = false;
  const check = (task: string): void => {
    if (disposed) throw new Error(`${task}: this executable was disposed of`);
  };
  const named = (names: readonly string[], values: readonly Value[], payload: Uint8Array<ArrayBuffer>) =>
    Object.fromEntries(tensorsOf(payload, values).map((tensor, i) => [names[i]!, tensor]));
  return {
    async run(given) {
      check('run');
      checkTensors('inputs', graph.inputs, given);
      const parts = inputs.map((name) => bytesOf(given[name]!));
      const { payload } = await worker.request({ task: 'run', executable: id }, parts);
      return named(
        outputs.map(([name]) => name),
        outputs.map(([, value]) => value),
        payload,
      );
    },
    async readParams() {
      check('readParams');
      const request = { task: 'params', executable: id, params: message.updates.map(([at]) => at) };
      const { payload } = await worker.request(request);
      const values = updates.map((name) => graph.params[name]!);
      return { ...params, ...named(updates, values, payload) };
    },
    async dispose() {
      if (disposed) return;
      disposed = true;
      // A worker that has ended holds nothing any more.
      await worker.request({ task: 'dispose', executable: id }).catch(() => undefined);
    },
  };
}
