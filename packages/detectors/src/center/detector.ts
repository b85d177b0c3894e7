// The `center` detector as a plugin.

import type { DetectorGraph, Scope, Value, Values } from '@spatiallock/core';
import { pyramidLayers, pyramidSizes } from '../pyramid.js';
import { loadDetector, type TrainedDetector, type TrainedDetectorOptions } from '../trained.js';
import { type CenterConfig, parseCenterConfig } from './config.js';
import { type DecodeOptions, decodeCenters } from './decode.js';
import { centerLoss } from './loss.js';
import { centerNetwork } from './network.js';

/** Options of `centerDetector`. */
export interface CenterDetectorOptions extends TrainedDetectorOptions, DecodeOptions {}

/** A `center` detector that is ready. */
export type CenterDetector = TrainedDetector<CenterConfig>;

/** The differentiable side of a `center` detector; `loss` reads the inputs of `centerTargetInputs`. */
export function centerGraph(config: CenterConfig): DetectorGraph {
  return {
    build: (scope: Scope, image: Value): Values => centerNetwork(scope, config, image),
    loss: (outputs, targets) => centerLoss(config, outputs, targets).loss,
  };
}

/**
 * Loads a `center` detector: an anchor-free heatmap detector of this package's own training. Pictures of any size are
 * stretched to the network's. Rejects with an error that names the file, field or parameter that does not fit.
 */
export function centerDetector(options: CenterDetectorOptions): Promise<CenterDetector> {
  return loadDetector<CenterConfig>(
    {
      title: 'center detector',
      parse: parseCenterConfig,
      options: ['minScore', 'maxPeaks', 'iouThreshold'] satisfies (keyof DecodeOptions)[],
      layers: (config: CenterConfig) => pyramidLayers(config),
      sizes: (config: CenterConfig) => [
        ...pyramidSizes(config),
        { field: 'head_channels', size: config.head_channels, tensor: 'heatmap.conv.weight', axis: 0 },
        { field: 'labels', size: config.labels.length, tensor: 'heatmap.out.weight', axis: 0 },
        { field: '4 x bins', size: 4 * config.bins, tensor: 'edges.out.weight', axis: 0 },
      ],
      graph: centerGraph,
      network: centerNetwork,
      decode: (config, part) => decodeCenters(config, part('heatmap'), part('edges'), options),
    },
    options,
  );
}
