// Reads what a pipeline is made of from a model directory.

import { checkCallback } from '../checks/index.js';
import { showValue } from '../checks/showValue.js';
import type { Tensors } from '../graph/tensor.js';
import type { FileSource } from '../io/files.js';
import { readComponentConfig, readModelIndex, readWeights, readWeightsIfAny } from '../io/modelDirectory.js';
import type { ModelIndex } from '../io/modelIndex.js';
import { upgradeNames } from '../models/autoencoderKl.js';
import { withTextModel } from '../models/clipText.js';
import { type ClipTextConfig, parseClipTextConfig } from '../models/clipTextConfig.js';
import {
  inpaintingChannels,
  latentSides,
  parseUNet2dConditionConfig,
  type UNet2dConditionConfig,
} from '../models/unet2dConditionConfig.js';
import { type Category, readCategories } from '../modules/categories.js';
import {
  type ModelDeclaration,
  parseModelDeclaration,
  readModelSettings,
} from '../modules/modelDeclaration.js';
import { checkPlugins } from '../plugin/checkPlugins.js';
import type { Plugin } from '../plugin/plugin.js';
import { type SchedulerConfig, schedulerClassNames } from '../schedulers/index.js';
import { autoencoderNames, type LatentAutoencoder, latentAutoencoder } from './autoencoder.js';
import { checkSizes } from './checkSizes.js';
import { checkFamily } from './family.js';
import { MOST_SIDE } from './layout.js';
import { parseSamplingDefaults, type SamplingDefaults } from './options.js';
import type { OnProgress } from './progress.js';
import { chosenScheduler } from './schedulerChoice.js';
import type { ClipTokenizer } from './tokenizer.js';
import { readClipTokenizer } from './tokenizerFiles.js';
import { readWords } from './words.js';

/** The components of a model directory, read and checked against each other. */
export interface LoadedModel {
  /** The name in spatiallock.json, if there is one. */
  readonly name?: string;
  /** What spatiallock.json says that the model needs, if it says so. */
  readonly declaration?: ModelDeclaration;
  readonly unet: { readonly config: UNet2dConditionConfig; readonly params: Tensors };
  readonly vae: { readonly autoencoder: LatentAutoencoder; readonly params: Tensors };
  readonly textEncoder: { readonly config: ClipTextConfig; readonly params: Tensors };
  readonly tokenizer: ClipTokenizer;
  /** The words that the model learnt; undefined: any word may be used. */
  readonly words?: readonly string[];
  /** What a training taught it beside that, if it says so. */
  readonly categories?: readonly Category[];
  readonly schedulerConfig: SchedulerConfig;
  readonly defaults: SamplingDefaults;
  /** Folders of plugins whose weights were asked for, there or not; undefined: not known. */
  readonly folders?: readonly string[];
}

/** Reads every component; weights become float32. Rejects with an error that names the file or the field at fault. */
export async function loadModel(
  files: FileSource,
  plugins: readonly Plugin[],
  onProgress?: OnProgress,
): Promise<LoadedModel> {
  checkPlugins(plugins, 'plugins');
  checkCallback(onProgress, 'onProgress');
  const index = await readModelIndex(files);
  const ready = (name: string): void => {
    onProgress?.({ type: 'component', name, className: index.components[name].className });
  };
  checkFamily(index);
  checkClass(index, 'unet', ['UNet2DConditionModel']);
  checkClass(index, 'text_encoder', ['CLIPTextModel']);
  checkClass(index, 'tokenizer', ['CLIPTokenizer', 'CLIPTokenizerFast']);
  const vaeClass = checkClass(index, 'vae', autoencoderNames);
  const schedulerClass = checkClass(index, 'scheduler');

  const { _class_name: named, ...schedule } = await readComponentConfig(files, 'scheduler');
  const schedulerConfig = { ...schedule, _class_name: named ?? schedulerClass };
  const isOther =
    schedulerConfig._class_name !== schedulerClass && schedulerClassNames.includes(schedulerClass);
  ready('scheduler');
  const tokenizer = await readClipTokenizer(files);
  const settings = await readModelSettings(files);
  const declaration = settings && parseModelDeclaration(settings);
  const words = await readWords(files, declaration?.vocabulary);
  const categories = await readCategories(files);
  ready('tokenizer');
  const textConfig = parseClipTextConfig(await readComponentConfig(files, 'text_encoder'));
  const unetConfig = parseUNet2dConditionConfig(await readComponentConfig(files, 'unet'));
  checkGrounding(unetConfig, plugins);
  const autoencoder = latentAutoencoder(vaeClass, await readComponentConfig(files, 'vae'));
  checkFit(unetConfig, textConfig, tokenizer, autoencoder);

  const float32 = { float32: true };
  const textParams = withTextModel(await readWeights(files, 'text_encoder', float32));
  ready('text_encoder');
  const vaeParams = await readWeights(files, 'vae', float32);
  ready('vae');
  const unetParams = await readUNetParams(files, plugins);
  ready('unet');
  // Without a file of ours the checkpoint comes from Python, and a seed means what it means there.
  const { name, ...defaults } = parseSamplingDefaults(settings ?? { generator: 'torch' });
  const components = {
    unet: { config: unetConfig, params: unetParams },
    vae: { autoencoder, params: vaeClass === 'AutoencoderKL' ? upgradeNames(vaeParams) : vaeParams },
    textEncoder: { config: textConfig, params: textParams },
  };
  checkSizes(components);
  return {
    ...(name === undefined ? {} : { name }),
    ...(declaration === undefined ? {} : { declaration }),
    ...components,
    tokenizer,
    ...(words ? { words } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    schedulerConfig,
    // Python takes the class of the index, and of the file the fields that this class has.
    defaults: isOther
      ? { ...defaults, scheduler: chosenScheduler(defaults.scheduler, schedulerClass) }
      : defaults,
    folders: foldersOf(plugins),
  };
}

/** The folders in which plugins keep weights, beside that of the U-Net. */
const foldersOf = (plugins: readonly Plugin[]): readonly string[] => [
  ...new Set(
    plugins
      .flatMap(({ weights = [] }) => weights.map(({ folder }) => folder))
      .filter((folder) => folder !== 'unet'),
  ),
];

/**
 * Throws where the weights of a plugin were not asked for and are not among `names`, the parameters at hand: some plugins do
 * without them, and paint otherwise.
 */
export function requireLoadedFolders(
  { folders }: Pick<LoadedModel, 'folders'>,
  names: readonly string[],
  plugins: readonly Plugin[],
): void {
  if (!folders) return;
  for (const { name, weights = [] } of plugins) {
    const missing = weights.find(
      ({ folder, owns }) => folder !== 'unet' && !folders.includes(folder) && !names.some(owns),
    );
    if (!missing) continue;
    throw new Error(
      `options.plugins: ${name} has weights in ${missing.folder}/, which loadModel did not read; give loadModel the same plugins`,
    );
  }
}

/** Throws where a plugin would hold objects to their boxes by layers that also want pictures of them. */
function checkGrounding({ attention_type: type }: UNet2dConditionConfig, plugins: readonly Plugin[]): void {
  if (type !== 'gated-text-image' || !plugins.some(({ groundsObjects }) => groundsObjects)) return;
  throw new Error(
    'unet/config.json: attention_type is gated-text-image: grounded by text and pictures, which is not supported; give a checkpoint grounded by text (gated), or no plugin that grounds objects',
  );
}

/** The component's class; throws unless the index names the component, with one of the known classes if given. */
function checkClass(index: ModelIndex, name: string, known?: readonly string[]): string {
  const className = Object.hasOwn(index.components, name) ? index.components[name].className : undefined;
  if (className === undefined) throw new Error(`model_index.json: ${name} is missing; a pipeline needs it`);
  if (known && !known.includes(className)) {
    throw new Error(`model_index.json: ${name} is ${showValue(className)}; known are ${known.join(', ')}`);
  }
  return className;
}

function checkFit(
  unet: UNet2dConditionConfig,
  text: ClipTextConfig,
  tokenizer: ClipTokenizer,
  autoencoder: LatentAutoencoder,
): void {
  if (unet.cross_attention_dim !== text.hidden_size) {
    throw new Error(
      `unet/config.json: cross_attention_dim (${unet.cross_attention_dim}) must be the text encoder's ` +
        `hidden_size (${text.hidden_size})`,
    );
  }
  if (tokenizer.maxLength > text.max_position_embeddings) {
    throw new Error(
      `tokenizer/tokenizer_config.json: model_max_length (${tokenizer.maxLength}) must be at most the text ` +
        `encoder's max_position_embeddings (${text.max_position_embeddings})`,
    );
  }
  const pixels = Math.max(...latentSides(unet)) * autoencoder.factor;
  if (pixels > MOST_SIDE) {
    throw new Error(
      `unet/config.json: sample_size makes pictures of ${pixels} pixels a side with this autoencoder; at most ${MOST_SIDE} fit`,
    );
  }
  const { latentChannels: latents } = autoencoder;
  const known = [latents, inpaintingChannels(latents)];
  if (!known.includes(unet.in_channels) || unet.out_channels !== latents) {
    throw new Error(
      `unet/config.json: in_channels and out_channels (${unet.in_channels}, ${unet.out_channels}) must be the ` +
        `autoencoder's latent_channels (${latents}), in_channels ${known[1]} for inpainting`,
    );
  }
}

/** The parameters in unet/, and those in the folders of plugins. */
async function readUNetParams(files: FileSource, plugins: readonly Plugin[]): Promise<Tensors> {
  const float32 = { float32: true };
  const merged: Record<string, Tensors[string]> = { ...(await readWeights(files, 'unet', float32)) };
  for (const folder of foldersOf(plugins)) {
    const extra = (await readWeightsIfAny(files, folder, float32)) ?? {};
    for (const [name, tensor] of Object.entries(extra)) {
      if (Object.hasOwn(merged, name)) throw new Error(`${folder}: ${name} is already in another folder`);
      merged[name] = tensor;
    }
  }
  return merged;
}
