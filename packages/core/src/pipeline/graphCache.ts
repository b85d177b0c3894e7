// Each graph of a component is compiled once, when it is first needed.

import type { Backend, Executable } from '../graph/backend.js';
import type { Tensors } from '../graph/tensor.js';
import type { Graph } from '../graph/value.js';
import { checkParams } from '../models/checkParams.js';
import type { OnProgress } from './progress.js';

export interface GraphCache {
  /** The compiled graph of that key; `build` is called for a new key only. */
  get(key: string, build: () => Graph): Promise<Executable>;
  dispose(): Promise<void>;
}

export interface GraphCacheOptions {
  readonly component: string;
  readonly backend: Backend;
  /** All parameters of the component; what a graph does not ask for is left out. */
  readonly params: Tensors;
  readonly onProgress?: OnProgress;
}

export function graphCache({ component, backend, params, onProgress }: GraphCacheOptions): GraphCache {
  const compiled = new Map<string, Promise<Executable>>();
  let disposed = false;

  async function compile(key: string, graph: Graph): Promise<Executable> {
    onProgress?.({ type: 'compile', component, graph: key, done: false });
    const executable = await backend.compile(graph, paramsFor(graph, params, component));
    onProgress?.({ type: 'compile', component, graph: key, done: true });
    return executable;
  }

  return {
    async get(key, build) {
      if (disposed) throw new Error('this pipeline was disposed of; load it again');
      const known = compiled.get(key);
      if (known) return known;
      const promise = compile(key, build());
      compiled.set(key, promise);
      // A failure, for instance for want of memory, may not last.
      promise.catch(() => compiled.delete(key));
      return promise;
    },
    async dispose() {
      disposed = true;
      const all = await Promise.allSettled(compiled.values());
      compiled.clear();
      await Promise.all(all.map((each) => (each.status === 'fulfilled' ? each.value.dispose() : undefined)));
    },
  };
}

/**
 * The parameters that the graph asks for. Throws an error that lists those that the checkpoint lacks or has in
 * another shape; what a checkpoint holds beyond them, for instance for plugins that are not in use, is passed over.
 */
export function paramsFor(graph: Graph, params: Tensors, title: string): Tensors {
  const names = Object.keys(graph.params).filter((name) => Object.hasOwn(params, name));
  const wanted = Object.fromEntries(names.map((name) => [name, params[name]]));
  checkParams(graph.params, wanted, { title });
  return wanted;
}
