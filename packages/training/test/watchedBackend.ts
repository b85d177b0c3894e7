import { type Backend, referenceBackend, type Tensors } from '@spatiallock/core';

/** A backend that knows how many of its graphs are open; `onRun` receives the inputs of each run. */
export function watchedBackend(onRun: (inputs: Tensors) => void = () => undefined) {
  const plain = referenceBackend();
  let open = 0;
  const backend: Backend = {
    ...plain,
    async compile(graph, params) {
      open++;
      const executable = await plain.compile(graph, params);
      return {
        ...executable,
        run(inputs) {
          onRun(inputs);
          return executable.run(inputs);
        },
        async dispose() {
          open--;
          await executable.dispose();
        },
      };
    },
  };
  return { backend, open: () => open };
}
