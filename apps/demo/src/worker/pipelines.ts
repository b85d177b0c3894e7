// The pipelines of a device: with PoI, and with PoI and PoG. Each is made when it is first asked for.

import type { Layout } from '@spatiallock/core';
import {
  type Backend,
  createPipeline,
  type LoadedModel,
  type OnProgress,
  type Pipeline,
  type Plugin,
} from '@spatiallock/core';
import {
  type CenterDetector,
  centerTargetInputs,
  centerTargets,
  type LabelledBox,
} from '@spatiallock/detectors';
import { type GuidingDetector, pog } from '@spatiallock/pog';
import { type PoiOptions, poi } from '@spatiallock/poi';
import { labelOf } from '@spatiallock/scenes/web';
import type { Job } from './protocol.js';

export interface Pipelines {
  /** The pipeline for a job, with PoI set as the job says. */
  of(job: Pick<Job, 'mode' | 'poiStrength' | 'pogStrength'>): Pipeline;
  dispose(): Promise<void>;
}

export interface PipelinesOptions {
  readonly model: LoadedModel;
  readonly backend: Backend;
  readonly detector: CenterDetector;
  readonly onProgress: OnProgress;
}

export function pipelinesOf({ model, backend, detector, onProgress }: PipelinesOptions): Pipelines {
  const injection = steeredPoi();
  let plain: Pipeline | undefined;
  let guided: { readonly strength: number; readonly pipeline: Pipeline } | undefined;

  const guidedBy = (strength: number): Pipeline => {
    if (guided?.strength === strength) return guided.pipeline;
    void guided?.pipeline.dispose();
    const guide = pog({ guidance: { detector: guidingDetector(detector), strength } });
    const params = { ...model.unet.params, ...guide.params };
    const plugins = [injection.plugin, guide];
    const pipeline = createPipeline(
      { ...model, unet: { ...model.unet, params } },
      { backend, plugins, onProgress },
    );
    guided = { strength, pipeline };
    return pipeline;
  };

  return {
    of({ mode, poiStrength, pogStrength }) {
      injection.steer({ strength: poiStrength, nullTokens: mode === 'off' });
      if (mode === 'pog') return guidedBy(pogStrength);
      plain ??= createPipeline(model, { backend, plugins: [injection.plugin], onProgress });
      return plain;
    },
    async dispose() {
      await Promise.all([plain?.dispose(), guided?.pipeline.dispose(), detector.dispose()]);
    },
  };
}

/** PoI's settings are numbers that its graph is fed: they change without compiling anew. */
function steeredPoi(): { readonly plugin: Plugin; steer(options: PoiOptions): void } {
  let current: PoiOptions = {};
  const plugin = poi();
  return {
    plugin: { ...plugin, inputs: (rows, context) => poi(current).inputs!(rows, context) },
    steer: (options) => {
      current = options;
    },
  };
}

/** Slots for a layout's objects in the graph of the detector's loss. */
const SLOTS = { objects: 16, cells: 9 };

function guidingDetector({ graph, weights, config }: CenterDetector): GuidingDetector {
  return {
    graph,
    weights,
    imageSize: config.image_size,
    inputs: (batch) => centerTargetInputs(config, batch, SLOTS),
    targets: (layouts) =>
      centerTargets(
        config,
        layouts.map((layout) => knownBoxes(layout, config.labels)),
        SLOTS,
      ),
  };
}

/** The objects that the detector can judge. */
function knownBoxes({ objects }: Layout, labels: readonly string[]): LabelledBox[] {
  return objects
    .flatMap(({ phrase, box }) => {
      const label = labelOf(phrase);
      return label !== undefined && labels.includes(label) ? [{ label, box }] : [];
    })
    .slice(0, SLOTS.objects);
}
