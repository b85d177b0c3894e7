// Graphs of one network for several sizes, each compiled when it is first needed.

import type { Executable } from '@spatiallock/core';

export interface CompiledGraphs {
  /** Rejects where compiling fails; the next call tries again. */
  get(size: number): Promise<Executable>;
  /** Frees all graphs; the backend stays. */
  dispose(): Promise<void>;
}

export function compiledGraphs(compile: (size: number) => Promise<Executable>): CompiledGraphs {
  const compiled = new Map<number, Promise<Executable>>();
  return {
    get(size) {
      const known = compiled.get(size);
      if (known) return known;
      const made = compile(size);
      compiled.set(size, made);
      // A failure, for instance for want of memory, may not last.
      made.catch(() => {
        if (compiled.get(size) === made) compiled.delete(size);
      });
      return made;
    },
    async dispose() {
      const all = [...compiled.values()];
      compiled.clear();
      const settled = await Promise.allSettled(all);
      await Promise.all(
        settled.map((each) => (each.status === 'fulfilled' ? each.value.dispose() : undefined)),
      );
    },
  };
}
