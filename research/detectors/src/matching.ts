// Matching needs the network's predictions, and the step that learns from it is one graph: so each step is led by a
// forward pass with the weights as they stand, whose predictions are matched on the host. That costs a third of a step
// more, and the matching is exactly that of the weights that learn.

import {
  type Backend,
  type Executable,
  input,
  type Scope,
  type Tensors,
  type Values,
} from '@spatiallock/core';
import { matchQueries, type QueryConfig, queryNetwork } from '@spatiallock/detectors';

/** A backend whose training steps of `queryLoss` are fed `rowsK`; their other inputs come from the caller. */
export function matchingBackend(backend: Backend, config: QueryConfig, batch: number): Backend {
  return {
    ...backend,
    async compile(graph, params, options) {
      const training = await backend.compile(graph, params, options);
      const { weights, outputs, image } = forwardPass(config, batch);
      const forward = await backend.compile({ inputs: { ...weights, image }, params: {}, outputs }, {});
      return matched(training, forward, Object.keys(weights), config);
    },
  };
}

function matched(
  training: Executable,
  forward: Executable,
  weightNames: readonly string[],
  config: QueryConfig,
): Executable {
  return {
    ...training,
    async run(feeds) {
      const state = await training.readParams();
      const weights: Tensors = Object.fromEntries(weightNames.map((name) => [name, state[name]]));
      const predictions = await forward.run({ ...weights, image: feeds.image });
      return training.run({ ...feeds, ...matchQueries(config, predictions, feeds) });
    },
    async dispose() {
      await forward.dispose();
      await training.dispose();
    },
  };
}

/** The network with its parameters as inputs. */
function forwardPass(config: QueryConfig, batch: number) {
  const weights: Record<string, Values[string]> = {};
  const scopeAt = (path: string): Scope => ({
    path,
    at: (...names) => scopeAt([path, ...names].filter((part) => part !== '').join('.')),
    param(name, shape) {
      const full = path === '' ? name : `${path}.${name}`;
      weights[full] ??= input(full, shape);
      return weights[full];
    },
  });
  const image = input('image', [batch, 3, config.image_size, config.image_size]);
  return { outputs: queryNetwork(scopeAt(''), config, image), weights, image };
}
