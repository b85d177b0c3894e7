// Running a program: parameters that training moves on stay on the device.

import type { Executable, Graph, Tensors, Value } from '@spatiallock/core';
import { attrsOf, checkTensors, inputOp, type LeafAttrs } from '@spatiallock/core/backend';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Device } from './device.js';
import { evaluate, type Known, type Program, programOf, release } from './program.js';
import { openSession, type Session } from './session.js';
import { copyOf, download, upload } from './tensors.js';

/**
 * Runs are queued: each sees the parameters that the one before left. A failed run leaves them as they were, and
 * no number of its own on the device.
 */
export function executable(device: Device, graph: Graph, params: Tensors): Executable {
  const session = openSession(device);
  const program = opened(() => programOf(graph, params, device, session), session);
  const state = new Map<string, TensorInfo>();
  const free = (): void => {
    for (const info of [...state.values(), ...program.resident.values()]) session.free(info);
    state.clear();
    session.dispose();
  };
  try {
    for (const name of Object.keys(graph.updates ?? {})) {
      state.set(name, upload(device, copyOf(params[name]!)));
    }
  } catch (cause) {
    free();
    throw cause;
  }
  let queue: Promise<unknown> = Promise.resolve();
  let disposed = false;

  const enqueue = <T>(task: () => Promise<T>): Promise<T> => {
    const result = queue.then(task);
    queue = result.catch(() => undefined);
    return result;
  };

  const step = async (given: Tensors): Promise<Tensors> => {
    if (disposed) throw new Error('run: this executable was disposed of');
    device.checkAlive?.();
    const found = compute(program, given, state, device, session);
    try {
      const { outputs, updates = {} } = program.graph;
      const results: [string, Tensors[string]][] = [];
      for (const [name, value] of Object.entries(outputs)) {
        const info = lookUp(value, found, program);
        results.push([name, await download(device, info, graph.outputs[name] ?? value)]);
      }
      device.checkAlive?.();
      const next = Object.entries(updates).map(
        ([name, value]) => [name, session.share(lookUp(value, found, program))] as const,
      );
      for (const [name, info] of next) {
        session.free(state.get(name)!);
        state.set(name, info);
      }
      return Object.fromEntries(results);
    } finally {
      for (const info of found.values()) session.free(info);
    }
  };

  return {
    async run(given) {
      checkTensors('inputs', graph.inputs, given);
      const task = () => step(given);
      return enqueue(() => (device.watchMemory ? device.watchMemory(task) : task()));
    },
    readParams: () =>
      enqueue(async () => {
        if (disposed) throw new Error('readParams: this executable was disposed of');
        const read: [string, Tensors[string]][] = [];
        for (const [name, info] of state)
          read.push([name, await download(device, info, graph.params[name]!)]);
        return { ...params, ...Object.fromEntries(read) };
      }),
    dispose: () =>
      enqueue(async () => {
        if (disposed) return;
        disposed = true;
        free();
      }),
  };
}

function opened(make: () => Program, session: Session): Program {
  try {
    return make();
  } catch (cause) {
    session.dispose();
    throw cause;
  }
}

function lookUp(value: Value, found: ReadonlyMap<Value, TensorInfo>, { resident }: Program): TensorInfo {
  const info = found.get(value) ?? resident.get(value);
  if (!info) throw new Error(`${value.op.name} was not computed`);
  return info;
}

/** Everything that the roots need, computed and still on the device; constants are not among it. */
function compute(
  { instructions, leaves, resident }: Program,
  given: Tensors,
  state: ReadonlyMap<string, TensorInfo>,
  device: Device,
  session: Session,
): Map<Value, TensorInfo> {
  const found = new Map<Value, TensorInfo>();
  const known = layered(found, resident);
  try {
    for (const leaf of leaves) {
      const { name } = attrsOf<LeafAttrs>(leaf);
      // An update may keep an input as it is, and the caller may write over that.
      const kept =
        leaf.op === inputOp ? upload(device, copyOf(given[name]!)) : session.share(state.get(name)!);
      found.set(leaf, kept);
    }
    for (const { value, step, spent } of instructions) {
      found.set(value, evaluate(value, step, known, device, session));
      for (const x of spent) release(x, found, session);
    }
    return found;
  } catch (cause) {
    for (const info of found.values()) session.free(info);
    throw cause;
  }
}

function layered(...layers: readonly Known[]): Known {
  return {
    get: (value) => {
      for (const layer of layers) {
        const info = layer.get(value);
        if (info) return info;
      }
      return undefined;
    },
  };
}
