import type { Backend, Executable } from '../graph/backend.js';
import { simplify } from '../graph/simplify.js';
import type { Tensors } from '../graph/tensor.js';
import type { Graph, Values } from '../graph/value.js';
import { denseOf, evaluate, program, tensorsOf } from './interpret.js';

const OUTPUT = 'output ';
const UPDATE = 'update ';

/**
 * A backend in plain TypeScript, for any machine: the oracle of the other backends' tests. Expect it to be a
 * hundred times slower than a runtime.
 */
export function referenceBackend(): Backend {
  return {
    name: 'reference',
    compile: async (graph, params, options) => {
      options?.signal?.throwIfAborted();
      return executable(graph, params);
    },
    dispose: async () => {},
  };
}

function executable(graph: Graph, params: Tensors): Executable {
  checkUpdates(graph);
  const { outputs, updates = {} } = simplify(graph);
  const steps = program({ ...prefixed(outputs, OUTPUT), ...prefixed(updates, UPDATE) });
  const declared = Object.keys(graph.params);
  // Copied: the caller may write on, and so may we.
  let state = denseOf(tensorsOf(denseOf(picked(params, declared), 'float32')), 'float32');
  return {
    run: async (inputs) => {
      const results = evaluate(steps, denseOf(inputs, 'float32'), state);
      const found = tensorsOf(results);
      state = { ...state, ...denseOf(withPrefix(found, UPDATE), 'float32') };
      return withPrefix(found, OUTPUT);
    },
    readParams: async () => tensorsOf(state),
    dispose: async () => {
      state = {};
    },
  };
}

function picked(params: Tensors, names: readonly string[]): Tensors {
  const missing = names.find((name) => !params[name]);
  if (missing) throw new Error(`parameter ${missing}: nothing was given`);
  return Object.fromEntries(names.map((name) => [name, params[name]]));
}

function checkUpdates({ params, updates = {} }: Graph): void {
  const stray = Object.keys(updates).find((name) => !params[name]);
  if (stray) throw new Error(`updates.${stray}: the graph has no parameter of this name`);
}

function prefixed(values: Values, prefix: string): Values {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
}

function withPrefix(tensors: Tensors, prefix: string): Tensors {
  const own = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}
