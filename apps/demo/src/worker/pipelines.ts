// The pipelines of a device: with PoI, and with PoI and PoG. Each is made when it is first asked for.

import { type Backend, createPipeline, type OnProgress, type Pipeline, type Plugin } from '@spatiallock/core';
import type { LoadedModel } from '@spatiallock/core/pipeline';
import { type QueryDetector, queryGuide } from '@spatiallock/detectors';
import { pog } from '@spatiallock/pog';
import { type PoiCallOptions, poi } from '@spatiallock/poi';
import { labelOf } from '@spatiallock/scenes/web';
import type { Job } from './protocol.js';

export interface Pipelines {
  /** The pipeline without PoG. */
  readonly plain: Pipeline;
  /** The pipeline for a job, with PoI set as the job says. Rejects where PoG's detector cannot be loaded. */
  of(job: Pick<Job, 'mode' | 'poiStrength' | 'pogStrength'>): Promise<Pipeline>;
  dispose(): Promise<void>;
}

export interface PipelinesOptions {
  readonly model: LoadedModel;
  readonly backend: Backend;
  /** Opens the detector that guides; never the one that judges. Called when PoG is first asked for. */
  readonly openGuide: () => Promise<QueryDetector>;
  readonly onProgress: OnProgress;
}

export function pipelinesOf({ model, backend, openGuide, onProgress }: PipelinesOptions): Pipelines {
  const injection = steeredPoi();
  const plain = createPipeline(model, { backend, plugins: [injection.plugin], onProgress });
  let opened: Promise<QueryDetector> | undefined;
  let guided: { readonly strength: number; readonly pipeline: Pipeline } | undefined;

  const guideDetector = async (): Promise<QueryDetector> => {
    opened ??= openGuide();
    try {
      return await opened;
    } catch (error) {
      opened = undefined; // Another try may find the network back.
      throw error;
    }
  };

  const guidedBy = async (strength: number): Promise<Pipeline> => {
    if (guided?.strength === strength) return guided.pipeline;
    const detector = await guideDetector();
    // Graphs of a lost device cannot be freed; the next pipeline does not depend on it.
    guided?.pipeline.dispose().catch(() => undefined);
    const guide = pog({ guidance: { detector: queryGuide(detector, labelOf), strength } });
    const plugins = [injection.plugin, guide];
    const pipeline = createPipeline(model, { backend, plugins, onProgress });
    guided = { strength, pipeline };
    return pipeline;
  };

  return {
    plain,
    async of({ mode, poiStrength, pogStrength }) {
      injection.steer({ strength: poiStrength, nullTokens: mode === 'off' });
      return mode === 'pog' ? guidedBy(pogStrength) : plain;
    },
    async dispose() {
      const detector = await opened?.catch(() => undefined);
      await Promise.all([plain.dispose(), guided?.pipeline.dispose(), detector?.dispose()]);
    },
  };
}

/** PoI's settings are numbers that its graph is fed: they change without compiling anew. */
function steeredPoi(): { readonly plugin: Plugin; steer(options: PoiCallOptions): void } {
  let current: PoiCallOptions = {};
  const plugin = poi();
  return {
    plugin: { ...plugin, parseOptions: () => current },
    steer: (options) => {
      current = options;
    },
  };
}
