// A single-file checkpoint seen as a model directory.

import type { FileSource } from '@spatiallock/core';
import { checkKeys } from '@spatiallock/core/checks';
import { decodeUtf8, type JsonObject, parseJsonObject, readWeightsIfAny } from '@spatiallock/core/io';
import { type Checkpoint, requireKind } from './checkpoint.js';
import { CLIP_TOKENS } from './clipVocabulary.js';
import { partMap, partShapes, partTensors } from './components.js';
import { textConfig, unetConfig, vaeConfig } from './configs.js';
import type { Part } from './identify.js';
import { jsonBytes } from './overlay.js';
import { latentSide, type Prediction, predictionOf } from './prediction.js';

/** What is known of a single file beyond its content. */
export interface SingleFileOptions {
  /** The original configuration (a .yaml beside the file), which tells what the network predicts. */
  readonly yaml?: string;
  /** What the network predicts, where it is known better than by guessing. */
  readonly prediction?: Prediction['type'];
  /**
   * A model directory whose config.json files, scheduler and tokenizer count instead of what the file's shapes tell. It needs no
   * weights but those of the parts that the file lacks, as of a U-Net alone.
   */
  readonly config?: FileSource;
  /** A tokenizer's folder: vocab.json and merges.txt, or tokenizer.json. */
  readonly tokenizer?: FileSource;
  /** CLIP's own tokenizer, for files whose text encoder has CLIP's vocabulary; see `clipTokenizerSource`. */
  readonly clip?: (padToken: string) => FileSource | Promise<FileSource>;
}

const OPTIONS = [
  'yaml',
  'prediction',
  'config',
  'tokenizer',
  'clip',
] as const satisfies readonly (keyof SingleFileOptions)[];

/**
 * A model directory made of one file of Stable Diffusion 1.x or 2.x in the original layout; the tensors stay in the file.
 * Throws where the file is something else; reading a part that it lacks rejects with an error that says what to give.
 */
export function singleFileSource(given: Checkpoint, options: SingleFileOptions = {}): FileSource {
  checkKeys(options, OPTIONS, 'options');
  const checkpoint = requireKind(given, ['model'], 'a Stable Diffusion 1.x or 2.x model');
  const { config, tokenizer, clip, yaml } = options;
  let prediction: Promise<Prediction> | undefined;
  const predicted = (): Promise<Prediction> => {
    prediction ??= predictionOf(checkpoint, yaml).then((found) => chosen(found, options.prediction));
    return prediction;
  };
  const made: Readonly<Record<string, () => Promise<JsonObject>>> = {
    'model_index.json': async () =>
      modelIndex(checkpoint, {
        scheduler: await classOf(SCHEDULER, 'PNDMScheduler'),
        vae: isLacking('vae') ? await classOf('vae/config.json', 'AutoencoderKL') : 'AutoencoderKL',
      }),
    'unet/config.json': async () =>
      unetConfig(shapesOf(checkpoint, 'unet'), latentSide(checkpoint, await predicted())),
    'vae/config.json': async () => vaeConfig(shapesOf(checkpoint, 'vae')),
    'text_encoder/config.json': async () => textConfig(shapesOf(checkpoint, 'text_encoder')),
    [SCHEDULER]: async () => schedulerConfig(await predicted()),
  };

  const isLacking = (part: Part): boolean => partMap(checkpoint, part).size === 0;

  /** What the other folder's file of that path says, or what is made in its place. */
  async function read(path: string): Promise<Uint8Array | undefined> {
    const known = path === 'model_index.json' ? undefined : await config?.read(path);
    if (known && path === 'unet/config.json') return asHeld(checkpoint, known);
    if (known && path === SCHEDULER && options.prediction) return predicting(known, options.prediction);
    if (known) return known;
    return Object.hasOwn(made, path) ? jsonBytes(await made[path]!()) : undefined;
  }

  /** The class that a config.json names. */
  async function classOf(path: string, standard: string): Promise<string> {
    const bytes = path === SCHEDULER ? await read(path) : await config?.read(path);
    const name = bytes && parseJsonObject(decodeUtf8(bytes, path), path)._class_name;
    return typeof name === 'string' ? name : standard;
  }

  async function readTokenizer(path: string): Promise<Uint8Array | undefined> {
    if (tokenizer) return tokenizer.read(path);
    const known = await config?.read(`tokenizer/${path}`);
    if (known || (config && (await config.read('tokenizer/vocab.json')))) return known;
    if (config && (await config.read('tokenizer/tokenizer.json'))) return undefined;
    const rows = shapesOf(checkpoint, 'text_encoder')['text_model.embeddings.token_embedding.weight']
      ?.shape[0];
    if (rows === CLIP_TOKENS && clip)
      return (await clip(second(checkpoint) ? '!' : '<|endoftext|>')).read(path);
    throw new Error(
      `${checkpoint.name}: a single file holds no tokenizer${rows === CLIP_TOKENS ? '' : `, and ${rows} tokens are not CLIP's own`}; give the folder of one by options.tokenizer (--tokenizer)`,
    );
  }

  return {
    async read(path) {
      if (path.startsWith('tokenizer/')) return readTokenizer(path.slice('tokenizer/'.length));
      return read(path);
    },
    async weights(component, weightOptions) {
      if (!isPart(component)) return undefined;
      const others =
        isLacking(component) && config ? await readWeightsIfAny(config, component, weightOptions) : undefined;
      if (others) return others;
      shapesOf(checkpoint, component);
      return partTensors(checkpoint, component);
    },
  };
}

const SCHEDULER = 'scheduler/scheduler_config.json';

/** What a person says stands before what the file shows; no noise is predicted where there is no signal. */
function chosen(found: Prediction, type: Prediction['type'] | undefined): Prediction {
  if (type === undefined) return found;
  return { type, zeroTerminal: found.zeroTerminal && type === 'v_prediction', why: 'an option' };
}

/** Another folder's scheduler, which predicts what a person says. */
function predicting(config: Uint8Array, type: Prediction['type']): Uint8Array {
  return jsonBytes({ ...parseJsonObject(decodeUtf8(config, SCHEDULER), SCHEDULER), prediction_type: type });
}

/** The U-Net's config of another folder; whether there are grounding layers, and whether it inpaints, is for the file to say. */
function asHeld(checkpoint: Checkpoint, config: Uint8Array): Uint8Array {
  const held = Object.keys(shapesOf(checkpoint, 'unet')).some((name) => name.startsWith('position_net.'));
  const json = parseJsonObject(decodeUtf8(config, 'unet/config.json'), 'unet/config.json');
  const { attention_type: type, in_channels: known } = json;
  const channels = shapesOf(checkpoint, 'unet')['conv_in.weight']?.shape[1];
  if (held === (type === 'gated') && channels === known) return config;
  return jsonBytes({
    ...json,
    ...(held === (type === 'gated') ? {} : { attention_type: held ? 'gated' : 'default' }),
    in_channels: channels,
  });
}

const PARTS: readonly Part[] = ['unet', 'vae', 'text_encoder'];
const isPart = (name: string): name is Part => PARTS.some((part) => part === name);

const MISSING: Readonly<Record<Part, string>> = {
  unet: 'holds no U-Net',
  vae: 'holds no autoencoder; give one by options.vae (--vae), or a folder that has one by options.config (--config)',
  text_encoder:
    'holds no text encoder; give the whole model, or a folder that has one by options.config (--config)',
};

/** The shapes of a part; throws where the file does not hold it. */
function shapesOf(checkpoint: Checkpoint, part: Part) {
  if (partMap(checkpoint, part).size === 0) throw new Error(`${checkpoint.name}: ${MISSING[part]}`);
  return partShapes(checkpoint, part);
}

const second = ({ identity }: Checkpoint): boolean => identity.title.includes('Stable Diffusion 2');

/** The pipeline's class and its components, as diffusers writes them. */
function modelIndex(
  { identity }: Checkpoint,
  { scheduler, vae }: Readonly<Record<'scheduler' | 'vae', string>>,
): JsonObject {
  const inpaints = identity.title.includes('inpainting');
  const grounded = identity.title.includes('GLIGEN');
  return {
    _class_name: inpaints
      ? 'StableDiffusionInpaintPipeline'
      : grounded
        ? 'StableDiffusionGLIGENPipeline'
        : 'StableDiffusionPipeline',
    feature_extractor: [null, null],
    requires_safety_checker: false,
    safety_checker: [null, null],
    scheduler: ['diffusers', scheduler],
    text_encoder: ['transformers', 'CLIPTextModel'],
    tokenizer: ['transformers', 'CLIPTokenizer'],
    unet: ['diffusers', 'UNet2DConditionModel'],
    vae: ['diffusers', vae],
  };
}

/** Stable Diffusion's noise schedule, and the sampler that its published folders name. */
function schedulerConfig({ type, zeroTerminal }: Prediction): JsonObject {
  return {
    _class_name: zeroTerminal ? 'DDIMScheduler' : 'PNDMScheduler',
    beta_end: 0.012,
    beta_schedule: 'scaled_linear',
    beta_start: 0.00085,
    clip_sample: false,
    num_train_timesteps: 1000,
    prediction_type: type,
    ...(zeroTerminal
      ? { rescale_betas_zero_snr: true, timestep_spacing: 'trailing' }
      : { skip_prk_steps: true }),
    set_alpha_to_one: false,
    steps_offset: 1,
    trained_betas: null,
  };
}
