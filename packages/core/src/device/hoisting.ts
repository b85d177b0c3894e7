// A backend that computes once what several calls have in common.

import { checkBackend } from '../graph/backend.js';
import type { Backend, Executable, Graph, Tensor, Tensors } from '../graph/index.js';
import { isFiniteData } from '../io/finite.js';
import { type HoistedGraph, hoistGraph } from './hoistGraph.js';
import { checkTensors } from './tensors.js';

/**
 * A backend whose inference graphs compute what depends on no input in `varying` again only where the numbers of the
 * other inputs changed since the last call. Graphs that have little of that, and graphs that train, are compiled as they are.
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
        return inTwo(graph, params, hoisted, { once, call: await compile(hoisted.call) });
      } catch (cause) {
        // On a lost device it fails, too, and would hide what went wrong.
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

function inTwo(graph: Graph, params: Tensors, parts: HoistedGraph, { once, call }: Compiled): Executable {
  const lasting = Object.keys(parts.once.inputs);
  const own = Object.keys(parts.call.inputs).filter((name) => Object.hasOwn(graph.inputs, name));
  let last: { readonly inputs: Tensors; readonly outputs: Promise<Tensors> } | undefined;

  const shared = (given: Tensors): Promise<Tensors> => {
    if (last && lasting.every((name) => isSame(last!.inputs[name]!, given[name]!))) return last.outputs;
    // Whoever owns the numbers may write over them before the next call.
    const inputs = Object.fromEntries(lasting.map((name) => [name, copyOf(given[name]!)]));
    const computing = { inputs, outputs: once.run(inputs) };
    last = computing;
    const forget = (): void => {
      if (last === computing) last = undefined;
    };
    // What a device computed wrong once, as one that is being lost does, is computed again in the next call.
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

/** Numbers are compared, not tensors: a feed may fill the same memory anew. */
function isSame({ data: a }: Tensor, { data: b }: Tensor): boolean {
  return a.length === b.length && a.every((x: number, i: number) => x === b[i]);
}
