// A backend that does not compute again what is the same in several calls.

import { checkBackend } from '../graph/backend.js';
import type { Backend, Executable, Graph, Tensor, Tensors } from '../graph/index.js';
import { isFiniteData } from '../io/finite.js';
import { type HoistedGraph, hoistGraph } from './hoistGraph.js';
import { checkTensors } from './tensors.js';

/**
 * A backend whose inference graphs recompute what depends on no input in `varying` only when the values of the other inputs
 * have changed since the last call. Graphs with little of that, and training graphs, are compiled unchanged.
 */
export function hoisting(backend: Backend, varying: readonly string[]): Backend {
  checkBackend(backend);
  const names = new Set(varying);
  return {
    name: backend.name,
    ...(backend.precision === undefined ? {} : { precision: backend.precision }),
    async compile(graph, params, options) {
      const hoisted = graph.updates ? undefined : hoistGraph(graph, names);
      if (!hoisted) return backend.compile(graph, params, options);
      checkTensors('params', graph.params, params);
      const compile = (part: Graph) =>
        backend.compile(part, picked(params, Object.keys(part.params)), options);
      const once = await compile(hoisted.once);
      try {
        return splitExecutable(graph, params, hoisted, { once, call: await compile(hoisted.call) });
      } catch (cause) {
        // On a lost device this fails too, and would hide the cause.
        await once.dispose().catch(() => undefined);
        throw cause;
      }
    },
    dispose: () => backend.dispose(),
  };
}

interface Compiled {
  readonly once: Executable;
  readonly call: Executable;
}

function splitExecutable(
  graph: Graph,
  params: Tensors,
  parts: HoistedGraph,
  { once, call }: Compiled,
): Executable {
  const stable = Object.keys(parts.once.inputs);
  const own = Object.keys(parts.call.inputs).filter((name) => Object.hasOwn(graph.inputs, name));
  let last: { readonly inputs: Tensors; readonly outputs: Promise<Tensors> } | undefined;

  const shared = (given: Tensors): Promise<Tensors> => {
    if (last && stable.every((name) => isSame(last!.inputs[name]!, given[name]!))) return last.outputs;
    // The caller may overwrite its arrays before the next call.
    const inputs = Object.fromEntries(stable.map((name) => [name, copyOf(given[name]!)]));
    const computing = { inputs, outputs: once.run(inputs) };
    last = computing;
    const forget = (): void => {
      if (last === computing) last = undefined;
    };
    // A device that is being lost may give NaN: such outputs are not kept.
    computing.outputs.then((outputs) => {
      if (!Object.values(outputs).every(({ data }) => isFiniteData(data))) forget();
    }, forget);
    return computing.outputs;
  };

  return {
    async run(given) {
      checkTensors('inputs', graph.inputs, given);
      return call.run({ ...picked(given, own), ...(await shared(given)) });
    },
    readParams: async () => params,
    async dispose() {
      last = undefined;
      await Promise.all([once.dispose(), call.dispose()]);
    },
  };
}

const picked = (tensors: Tensors, names: readonly string[]): Tensors =>
  Object.fromEntries(names.map((name) => [name, tensors[name]!]));

const copyOf = ({ dtype, shape, data }: Tensor): Tensor => ({ dtype, shape, data: data.slice() });

/** Compares values, not tensors: a feed may refill the same array. */
function isSame({ data: a }: Tensor, { data: b }: Tensor): boolean {
  return a.length === b.length && a.every((x: number, i: number) => x === b[i]);
}
