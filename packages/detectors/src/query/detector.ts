// The `query` detector as a plugin.

import type { DetectorGraph } from '@spatiallock/core';
import { pyramidLayers, pyramidSizes } from '../pyramid.js';
import { loadDetector, type TrainedDetector, type TrainedDetectorOptions } from '../trained.js';
import { parseQueryConfig, type QueryConfig, queryCount } from './config.js';
import { decodeQueries, type QueryDecodeOptions } from './decode.js';
import { queryLoss } from './loss.js';
import { outputNames, queryNetwork } from './network.js';

/** Options of `queryDetector`. */
export interface QueryDetectorOptions extends TrainedDetectorOptions, QueryDecodeOptions {}

/** A `query` detector that is ready. */
export type QueryDetector = TrainedDetector<QueryConfig>;

/** The differentiable side of a `query` detector; `loss` reads the inputs of `queryTargetInputs`. */
export function queryGraph(config: QueryConfig): DetectorGraph {
  return {
    build: (scope, image) => queryNetwork(scope, config, image),
    loss: (outputs, targets) => queryLoss(config, outputs, targets).loss,
  };
}

/**
 * Loads a `query` detector: a set predictor of this package's own training. Pictures of any size are stretched to the
 * network's. Rejects with an error that names the file, field or parameter that does not fit.
 */
export function queryDetector(options: QueryDetectorOptions): Promise<QueryDetector> {
  return loadDetector<QueryConfig>(
    {
      title: 'query detector',
      parse: parseQueryConfig,
      options: ['minScore'] satisfies (keyof QueryDecodeOptions)[],
      layers: (config: QueryConfig) => pyramidLayers(config) + config.encoder_layers + config.decoder_layers,
      sizes: (config: QueryConfig) => [
        ...pyramidSizes(config),
        {
          field: '(image_size / 16)^2',
          size: queryCount(config),
          tensor: 'queries.embedding',
          axis: 0,
        },
        {
          field: 'labels + 1',
          size: config.labels.length + 1,
          tensor: 'predictions.0.class.weight',
          axis: 0,
        },
      ],
      graph: queryGraph,
      network(scope, config, image) {
        const outputs = queryNetwork(scope, config, image);
        const { logits, boxes } = outputNames(config.decoder_layers);
        return { logits: outputs[logits], boxes: outputs[boxes] };
      },
      decode: (config, part) => decodeQueries(config, part('logits'), part('boxes'), options),
    },
    options,
  );
}
