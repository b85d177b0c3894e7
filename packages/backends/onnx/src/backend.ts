// A backend over a runtime that is opened when it is first needed.

import type { Backend, Executable, Graph, Tensors } from '@spatiallock/core';
import { compileGraph, type OnnxCompileOptions, type Runtime } from './compile.js';

/** A backend that also takes this package's own compile options. */
export interface OnnxBackend extends Backend {
  compile(graph: Graph, params: Tensors, options?: OnnxCompileOptions): Promise<Executable>;
}

/** `open` loads the runtime and checks the device; it is called once, when a graph is first compiled. */
export function onnxBackend(name: string, open: () => Promise<Runtime>): OnnxBackend {
  const live = new Set<Executable>();
  let runtime: Promise<Runtime> | undefined;
  return {
    name,
    async compile(graph, params, options) {
      runtime ??= open();
      const compiled = await compileGraph(await runtime, graph, params, options);
      const tracked: Executable = {
        ...compiled,
        dispose: async () => {
          live.delete(tracked);
          await compiled.dispose();
        },
      };
      live.add(tracked);
      return tracked;
    },
    async dispose() {
      await Promise.all([...live].map((compiled) => compiled.dispose()));
    },
  };
}
