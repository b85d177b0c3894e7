// The pipelines of a device: with the plugins that always act, and with the one that guides. Each is made when it is first
// asked for.

import {
  type Backend,
  createPipeline,
  type OnProgress,
  type Pipeline,
  type StreamOptions,
} from '@spatiallock/core';
import type { LoadedModel } from '@spatiallock/core/pipeline';
import { ABLATION, guiding, holding } from '../state/pluginSettings.js';
import type { ModelPlugins } from './plugins.js';
import type { Job } from './protocol.js';

export interface Pipelines {
  /** The pipeline without guidance. */
  readonly plain: Pipeline;
  /** The pipeline for a job, and its plugins' options. Rejects where the detector that guides cannot be loaded. */
  of(job: Pick<Job, 'mode' | 'strength' | 'guideStrength'>): Promise<PipelineOfJob>;
}

export interface PipelineOfJob {
  readonly pipeline: Pipeline;
  readonly options: Required<Pick<StreamOptions, 'plugins'>>;
}

export interface PipelinesOptions {
  readonly model: LoadedModel;
  readonly backend: Backend;
  readonly plugins: ModelPlugins;
  readonly onProgress: OnProgress;
}

export function pipelinesOf({ model, backend, plugins, onProgress }: PipelinesOptions): Pipelines {
  const plain = createPipeline(model, { backend, plugins: plugins.plain, onProgress });
  let guided: Promise<Pipeline> | undefined;
  const open = async (): Promise<Pipeline> =>
    createPipeline(model, { backend, plugins: await plugins.guided(), onProgress });
  const guidedPipeline = async (): Promise<Pipeline> => {
    guided ??= open();
    try {
      return await guided;
    } catch (error) {
      guided = undefined; // Another try may find the network back.
      throw error;
    }
  };
  return {
    plain,
    async of({ mode, strength, guideStrength }) {
      const held = { [holding.setting.option]: strength, [ABLATION]: mode === 'off' };
      const options = { plugins: { [holding.plugin]: held } };
      if (mode !== 'guided') return { pipeline: plain, options };
      const guides = { [guiding.setting.option]: guideStrength };
      return {
        pipeline: await guidedPipeline(),
        options: { plugins: { ...options.plugins, [guiding.plugin]: guides } },
      };
    },
  };
}
