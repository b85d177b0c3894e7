// A model of the visitor's: opened, described, and made into pipelines.

import {
  type Backend,
  createPipeline,
  type OnProgress,
  type Pipeline,
  type PluginDefinition,
} from '@spatiallock/core';
import { inParts } from '@spatiallock/core/backend';
import { loadPlugin, openPlugin, pluginContext } from '@spatiallock/core/modules';
import { loadModel } from '@spatiallock/core/pipeline';
import {
  type OpenedModel,
  openModel,
  opfsStore,
  type Placing,
  placingModules,
  placingOf,
} from '@spatiallock/web';
import type { Pipelines } from './pipelines.js';
import type { GivenModel, Job, OwnModelFacts } from './protocol.js';

/** WebAssembly has 4 GiB: weights of a part, of those that stay, and room for what is computed. */
const PART_BYTES = 768 * 2 ** 20;
const RESIDENT_BYTES = 2 ** 30;

export interface OwnModel {
  readonly pipelines: Pipelines;
  readonly name: string;
  readonly facts: OwnModelFacts;
}

export interface OwnModelContext {
  readonly backend: Promise<Backend>;
  readonly onProgress: OnProgress;
  /** The most bytes of weights in one part; default: what WebAssembly has room for. */
  readonly partBytes?: number;
  /** Called with the file of an address that is downloaded. */
  readonly onDownload: (file: string, loaded: number, total: number) => void;
}

/** Rejects with one line that names the file at fault. */
export async function openOwnModel(
  { preferKept = false, ...given }: GivenModel,
  context: OwnModelContext,
): Promise<OwnModel> {
  const opened = await openModel(given, {
    ...(typeof given.model === 'string' ? { store: await opfsStore(), preferKept } : {}),
    onDownload: context.onDownload,
    clipMerges: async () => (await import('@spatiallock/checkpoints/assets/clip-merges.txt?raw')).default,
  });
  const placing = await placingOf(opened.files);
  const definition = await loadPlugin(placing.plugin, placingModules);
  const { partBytes = PART_BYTES } = context;
  const residentBytes = Math.min(RESIDENT_BYTES, 2 * partBytes);
  const backend = inParts(await context.backend, { partBytes, residentBytes });
  const plugin = await openPlugin(
    definition,
    placing.plugin,
    pluginContext({ detectors: {} }, { files: opened.files, backend, modules: placingModules }),
    placingModules,
  );
  const plugins = [plugin];
  const model = await loadModel(opened.files, plugins);
  const pipeline = createPipeline(model, { backend, plugins, onProgress: context.onProgress });
  return {
    pipelines: {
      plain: pipeline,
      of: async (job) => ({ pipeline, options: optionsOf(definition, plugin.name, job) }),
    },
    name: opened.name,
    facts: factsOf(opened, placing, pipeline, partBytes),
  };
}

type Held = Pick<Job, 'mode' | 'strength'>;

/** How firmly the plugin holds objects: by its own setting, or not at all. */
function optionsOf({ settings = [] }: PluginDefinition, name: string, { mode, strength }: Held) {
  const ablation = settings.find(({ use }) => use === 'ablation');
  const firmness = settings.find((setting) => setting.kind === 'number' && setting.control !== undefined);
  const scale = settings.find((setting) => setting.kind === 'number' && setting.min === 0);
  const own = {
    ...(firmness ? { [firmness.option]: strength } : {}),
    ...(ablation ? { [ablation.option]: mode === 'off' } : {}),
    ...(!ablation && scale && mode === 'off' ? { [scale.option]: 0 } : {}),
  };
  return { plugins: { [name]: own } };
}

const GIGA = 2 ** 30;
const gib = (bytes: number): string => `${(bytes / GIGA).toFixed(2)} GiB`;
const count = (numbers: number): string =>
  numbers < 1e6 ? String(numbers) : `${(numbers / 1e6).toFixed(1)} M`;

function factsOf(
  { description, added }: OpenedModel,
  { by, missing }: Placing,
  { imageSize, sizeStep }: Pipeline,
  partBytes: number,
): OwnModelFacts {
  const bytes = 4 * description.parameters;
  const unet = description.parts.find(({ name }) => name === 'unet');
  const inPieces = 4 * (unet?.parameters ?? 0) > partBytes;
  return {
    title: description.title,
    lines: [
      ...description.parts.map(
        ({ name, parameters, dtypes, bytes: size }) =>
          `${name}: ${count(parameters)} parameters, ${dtypes.join(', ')}, ${gib(size)}`,
      ),
      ...added.map((each) => `with ${each}`),
      by === 'layers'
        ? 'Boxes: objects are held by layers that were trained for it.'
        : 'Boxes: this model has no layers for them; objects are moved into their boxes by the attention to their words, which is slower and less exact. Add a file with grounding layers to hold them.',
      `Memory: ${gib(bytes)} of weights in float32${inPieces ? '; computed in parts, for WebAssembly has 4 GiB: each step reads weights anew' : ''}.`,
      ...missing.map((module) => `Without ${module}, which this page does not have.`),
    ],
    side: Math.max(imageSize.width, imageSize.height),
    sideStep: sizeStep,
  };
}
