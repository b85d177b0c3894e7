// A picture and its record, as files.

import { basename } from 'node:path';
import type { DeepCache, GuidanceInterval, Layout, NoiseGenerator } from '@spatiallock/core';
import { PNG_KEYWORD, withPngText } from '@spatiallock/data';
import type { EvaluatedObject, SampledPicture } from '@spatiallock/evaluation';
import type { OutputFile } from './files.js';
import type { ModelRecord } from './modelRecord.js';
import { encodePicture, encodeWithBoxes, formatOf } from './picture.js';
import type { SourceRecord } from './pictureFlags.js';
import type { PlannedPicture } from './plan.js';
import type { SettingValue } from './plugins/settings.js';
import type { PromptRequest } from './promptFlags.js';
import { type Attempt, judgedOf, type VerifiedPicture } from './verify.js';

/** With what a picture was made. */
export interface GenerationSettings extends SourceRecord, PromptRequest, ModelRecord {
  readonly scheduler: string;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly guidanceInterval?: GuidanceInterval;
  readonly guidanceRescale?: number;
  readonly deepCache?: DeepCache;
  /** Objects below this share of the picture's side are painted again, enlarged. */
  readonly details?: number;
  /** Whose random numbers the seed stands for, where the model or the request says so. */
  readonly generator?: NoiseGenerator;
  /** Settings of plugins by their names; records hold them beside the other fields. */
  readonly settings: Readonly<Record<string, SettingValue>>;
  /** Modules that --plugin named. */
  readonly plugins?: readonly string[];
  readonly model: string;
  /** Tells models of one name apart: a hash over their files. */
  readonly modelHash: string;
  readonly device: string;
  /** Where products were not computed in float32. */
  readonly precision?: 'half';
  /** Pictures that the command makes; their number decides the size of batches. */
  readonly count: number;
  /** Whether the boxes are drawn over the picture. */
  readonly boxes?: true;
}

/** What stands in the JSON file beside a picture. */
export interface GenerationMetadata extends Omit<GenerationSettings, 'settings'> {
  /** Settings of plugins, by their names. */
  readonly [setting: string]: unknown;
  readonly picture: string;
  /** Pixels of the file. */
  readonly size: { readonly width: number; readonly height: number };
  readonly prompt: string;
  readonly negativePrompt?: string;
  readonly negativeObjects?: readonly { readonly phrase: string; readonly box: readonly number[] }[];
  /** Pixels of the picture, where they were asked for. */
  readonly width?: number;
  readonly height?: number;
  readonly seed: number;
  /** What the picture took after loading; its share where several were made at once. */
  readonly milliseconds: number;
  /** Back to front. */
  readonly objects: readonly EvaluatedObject[];
  /** What was asked for and could not count, such as words beyond the model's length. */
  readonly warnings?: readonly string[];
  readonly verification?: Verification;
}

/** What --verify found; the picture is that of the attempt with its seed. */
export interface Verification {
  /** What of an object was judged. */
  readonly judged: typeof judgedOf;
  readonly minIou: number;
  /** Further attempts that were allowed. */
  readonly retry: number;
  /** Who judged, where --detector said so. */
  readonly detector?: string;
  /** Of its folder of weights, where --detector-files gave one. */
  readonly detectorHash?: string;
  /** Whether every object that the detector knows reaches `minIou`. */
  readonly passed: boolean;
  /** In their order. */
  readonly attempts: readonly Attempt[];
}

/** A picture and how its objects were found. */
export interface JudgedPicture {
  readonly picture: SampledPicture;
  readonly objects: readonly EvaluatedObject[];
  readonly verified?: VerifiedPicture;
}

export interface RecordedPicture {
  readonly record: GenerationMetadata;
  /** The picture, then its record. */
  readonly files: readonly OutputFile[];
}

/** Encodes a picture and writes its record. */
export async function recordPicture(
  { picture, objects, verified }: JudgedPicture,
  { path, recordPath, generation, verify }: PlannedPicture,
  warnings: readonly string[] = [],
): Promise<RecordedPicture> {
  const { image, layout, seed, milliseconds } = picture;
  const format = formatOf(path);
  const drawn = generation.boxes
    ? await encodeWithBoxes(image, format, layout.objects)
    : await encodePicture(image, format);
  const record: GenerationMetadata = {
    picture: basename(path),
    size: { width: drawn.width, height: drawn.height },
    prompt: layout.prompt,
    ...(layout.negativePrompt === undefined ? {} : { negativePrompt: layout.negativePrompt }),
    ...moreOf(layout),
    seed,
    ...recordedSettings(generation),
    milliseconds: Math.round(milliseconds),
    objects,
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(verify && verified
      ? {
          verification: {
            judged: judgedOf,
            ...verify,
            passed: verified.passed,
            attempts: verified.attempts,
          },
        }
      : {}),
  };
  const bytes =
    format === 'png'
      ? withPngText(drawn.bytes, PNG_KEYWORD, pngMetadata(layout, seed, generation))
      : drawn.bytes;
  const json = { path: recordPath, content: `${JSON.stringify(record, null, 2)}\n` };
  return { record, files: [{ path, content: bytes }, json] };
}

/** How a picture was made as its record says it: settings of plugins stand beside the others. */
export function recordedSettings({ settings, ...generation }: GenerationSettings) {
  const { scheduler, steps, generator, deepCache, details, ...others } = generation;
  const { guidanceScale, guidanceInterval, guidanceRescale, ...rest } = others;
  const guidance = { guidanceScale, guidanceInterval, guidanceRescale };
  return { ...given({ scheduler, steps, ...guidance, generator, deepCache, details }), ...settings, ...rest };
}

/** Without what is undefined. */
const given = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

/** What decides the pixels of a picture, as JSON; nothing of the run that made it, so that files stay the same. */
function pngMetadata(layout: Layout, seed: number, generation: GenerationSettings): string {
  const { prompt, negativePrompt, objects } = layout;
  const { scheduler, steps, guidanceScale, guidanceInterval, guidanceRescale, generator } = generation;
  const { deepCache, details, settings, plugins, model, modelHash, boxes, precision } = generation;
  const { promptWeighting, clipSkip, image, imageHash, mask, maskHash, keep, imageStrength } = generation;
  const { adapter, vae, grounding, embeddings, tokenizer, config } = generation;
  const { prediction, revision, variant, pluginFiles } = generation;
  const guidance = { guidanceScale, guidanceInterval, guidanceRescale };
  const sampling = {
    scheduler,
    steps,
    ...guidance,
    generator,
    deepCache,
    details,
    ...settings,
    plugins,
    promptWeighting,
    clipSkip,
  };
  const source = { image, imageHash, mask, maskHash, keep, imageStrength };
  const asked = { prompt, negativePrompt, ...moreOf(layout), objects, seed };
  const laidOver = {
    adapter,
    vae,
    grounding,
    embeddings,
    tokenizer,
    config,
    prediction,
    revision,
    variant,
    pluginFiles,
  };
  return JSON.stringify({
    ...asked,
    ...sampling,
    ...source,
    model,
    modelHash,
    ...laidOver,
    boxes,
    precision,
  });
}

/** What a layout asks for beside texts and objects, fields of plugins among it. */
const moreOf = ({ prompt: _, negativePrompt: __, objects: ___, ...more }: Layout) => more;

/** What the detector found, to stand after the picture's name; empty where it knows none of the objects. */
export function summary({ objects }: GenerationMetadata): string {
  const judged = objects.flatMap(({ detector }) => (detector === undefined ? [] : [detector]));
  if (judged.length === 0) return '';
  const found = judged.filter((match) => match !== null);
  const meanIou = found.reduce((sum, { iou }) => sum + iou, 0) / judged.length;
  return `  (${found.length} of ${judged.length} objects found, mean IoU ${meanIou.toFixed(2)})`;
}
