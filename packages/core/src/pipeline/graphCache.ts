// Each graph of a component is compiled when it is first needed; few are kept, for each holds the weights anew.

import type { Backend, Executable } from '../graph/backend.js';
import type { Tensors } from '../graph/tensor.js';
import type { Graph } from '../graph/value.js';
import { checkParams } from '../models/checkParams.js';
import type { OnProgress } from './progress.js';

/** A compiled graph that stays until it is released. */
export interface GraphLease {
  readonly executable: Executable;
  /** May be called again; only the first call counts. */
  release(): void;
}

/** Compiled graphs by key; those that were not used for longest are disposed first. */
export interface GraphCache {
  /** The compiled graph of that key; `build` is called where it is not at hand. Release it when it is not needed. */
  lease(key: string, build: () => Graph): Promise<GraphLease>;
  /** Runs a task with the compiled graph of that key, and releases it afterwards. */
  use<T>(key: string, build: () => Graph, task: (executable: Executable) => Promise<T>): Promise<T>;
  /** Frees every graph, also those in use: their next run is an error. */
  dispose(): Promise<void>;
}

/** Options of `graphCache`. */
export interface GraphCacheOptions {
  readonly component: string;
  readonly backend: Backend;
  /** All parameters of the component; what a graph does not ask for is left out. */
  readonly params: Tensors;
  readonly onProgress?: OnProgress;
  /** The most graphs that are kept; of those that nobody uses the least recently used goes. Default 3. */
  readonly most?: number;
}

interface Entry {
  readonly executable: Promise<Executable>;
  users: number;
}

/** A cache of at most `most` compiled graphs of one component; one that is leased is never disposed. */
export function graphCache({
  component,
  backend,
  params,
  onProgress,
  most = 3,
}: GraphCacheOptions): GraphCache {
  /** The least recently used first. */
  const compiled = new Map<string, Entry>();
  const leaving = new Set<Promise<void>>();
  let disposed = false;

  async function compile(key: string, graph: Graph): Promise<Executable> {
    // What makes room is gone before memory is taken anew.
    await Promise.all(leaving);
    onProgress?.({ type: 'compile', component, graph: key, done: false });
    const executable = await backend.compile(graph, paramsFor(graph, params, component));
    onProgress?.({ type: 'compile', component, graph: key, done: true });
    return executable;
  }

  function shrinkTo(count: number): void {
    for (const [key, { users, executable }] of compiled) {
      if (compiled.size <= count) return;
      if (users > 0) continue;
      compiled.delete(key);
      // A graph that cannot be freed, such as one of a lost device, is forgotten all the same.
      const gone = executable
        .then((each) => each.dispose())
        .catch(() => undefined)
        .finally(() => leaving.delete(gone));
      leaving.add(gone);
    }
  }

  function entryOf(key: string, build: () => Graph): Entry {
    const known = compiled.get(key);
    if (known) {
      compiled.delete(key);
      compiled.set(key, known);
      return known;
    }
    const graph = build();
    shrinkTo(most - 1);
    const entry: Entry = { executable: compile(key, graph), users: 0 };
    compiled.set(key, entry);
    // A failure, for instance for want of memory, may not last.
    entry.executable.catch(() => {
      if (compiled.get(key) === entry) compiled.delete(key);
    });
    return entry;
  }

  async function lease(key: string, build: () => Graph): Promise<GraphLease> {
    if (disposed) throw new Error('this pipeline was disposed of; load it again');
    const entry = entryOf(key, build);
    entry.users++;
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      entry.users--;
      shrinkTo(most);
    };
    try {
      return { executable: await entry.executable, release };
    } catch (cause) {
      release();
      throw cause;
    }
  }

  return {
    lease,
    async use(key, build, task) {
      const { executable, release } = await lease(key, build);
      try {
        return await task(executable);
      } finally {
        release();
      }
    },
    async dispose() {
      disposed = true;
      const all = await Promise.allSettled([...compiled.values()].map(({ executable }) => executable));
      compiled.clear();
      await Promise.all([
        ...leaving,
        ...all.map((each) => (each.status === 'fulfilled' ? each.value.dispose() : undefined)),
      ]);
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
