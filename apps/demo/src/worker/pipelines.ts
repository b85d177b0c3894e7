// The pipelines of a device: with the plugins that always act, and with the one that guides. Each is made when it is first
// asked for.

import {
  type Backend,
  createPipeline,
  type OnProgress,
  type Pipeline,
  type StreamOptions,
  type Tensors,
} from '@spatiallock/core';
import type { LoadedModel } from '@spatiallock/core/pipeline';
import { ABLATION, guiding, holding } from '../state/pluginSettings.js';
import type { ModelPlugins } from './plugins.js';
import type { Job } from './protocol.js';

export interface Pipelines {
  /** The pipeline without guidance. */
  readonly plain: Pipeline;
  /** The pipeline for a job, and its plugins' options. Rejects where the detector that guides or the encoder cannot be loaded. */
  of(job: PipelineJob): Promise<PipelineOfJob>;
}

/** What of a job decides its pipeline. */
export type PipelineJob = Pick<
  Job,
  'mode' | 'strength' | 'guideStrength' | 'source' | 'details' | 'detailsFollow'
>;

export interface PipelineOfJob {
  readonly pipeline: Pipeline;
  readonly options: Required<Pick<StreamOptions, 'plugins'>>;
}

export interface PipelinesOptions {
  readonly model: LoadedModel;
  /** The parameters of the autoencoder that only pictures to paint over and details need. */
  readonly encoder: () => Promise<Tensors>;
  readonly backend: Backend;
  readonly plugins: ModelPlugins;
  readonly onProgress: OnProgress;
}

interface Pair {
  readonly plain: Pipeline;
  guided(): Promise<Pipeline>;
  /** Frees what was compiled. */
  dispose(): Promise<void>;
}

export function pipelinesOf({ model, encoder, ...rest }: PipelinesOptions): Pipelines {
  let pair = pairOf({ model, ...rest });
  let reading: Promise<void> | undefined;
  let isCompiled = false;
  /** Once pictures are read, pipelines with the encoder do all the work: none is compiled twice. */
  const withEncoder = async (): Promise<void> => {
    const own = await encoder();
    const vae = { ...model.vae, params: { ...model.vae.params, ...own } };
    const before = pair;
    pair = pairOf({ model: { ...model, vae }, ...rest });
    await before.dispose();
  };
  const readEncoder = async (): Promise<void> => {
    reading ??= withEncoder();
    try {
      await reading;
    } catch (error) {
      reading = undefined; // Another try may find the network back.
      throw error;
    }
  };
  return {
    plain: pair.plain,
    async of({ mode, strength, guideStrength, source, details, detailsFollow }) {
      if (source || details > 0) await readEncoder();
      // What cannot be loaded now is asked for again by the picture that needs it.
      else if (detailsFollow && !isCompiled) await readEncoder().catch(() => undefined);
      isCompiled = true;
      const held = { [holding.setting.option]: strength, [ABLATION]: mode === 'off' };
      const options = { plugins: { [holding.plugin]: held } };
      if (mode !== 'guided') return { pipeline: pair.plain, options };
      const guides = { [guiding.setting.option]: guideStrength };
      return {
        pipeline: await pair.guided(),
        options: { plugins: { ...options.plugins, [guiding.plugin]: guides } },
      };
    },
  };
}

function pairOf({ model, backend, plugins, onProgress }: Omit<PipelinesOptions, 'encoder'>): Pair {
  let guided: Promise<Pipeline> | undefined;
  const open = async (): Promise<Pipeline> =>
    createPipeline(model, { backend, plugins: await plugins.guided(), onProgress });
  const plain = createPipeline(model, { backend, plugins: plugins.plain, onProgress });
  return {
    plain,
    async dispose() {
      await plain.dispose();
      await (await guided?.catch(() => undefined))?.dispose();
    },
    async guided() {
      guided ??= open();
      try {
        return await guided;
      } catch (error) {
        guided = undefined; // Another try may find the network back.
        throw error;
      }
    },
  };
}
