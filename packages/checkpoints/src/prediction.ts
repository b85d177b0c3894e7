// What a Stable Diffusion file predicts: noise, or velocity. Nothing in the weights says so outright.

import type { Checkpoint } from './checkpoint.js';
import { checkCheckpoint, fileName } from './checkpoint.js';

/** What a network predicts, and which evidence says so. */
export interface Prediction {
  readonly type: 'epsilon' | 'v_prediction';
  /** Whether the noise schedule ends at no signal (zero terminal SNR). */
  readonly zeroTerminal: boolean;
  /** What shows it, in words. */
  readonly why: string;
}

/** Above this standard deviation of one bias the network predicts velocity: ComfyUI's rule for Stable Diffusion 2. */
const VELOCITY_STD = 0.09;
const DECIDING = 'output_blocks.11.1.transformer_blocks.0.norm1.bias';

/**
 * Asks, in this order: the original configuration beside the file (`yaml`), keys and metadata that trainers write, the
 * file's name, and for Stable Diffusion 2 the spread of one bias.
 */
export async function predictionOf(checkpoint: Checkpoint, yaml?: string): Promise<Prediction> {
  checkCheckpoint(checkpoint);
  const { entries, metadata } = checkpoint;
  const name = fileName(checkpoint);
  const zeroTerminal = Object.hasOwn(entries, 'ztsnr') || /zsnr|ztsnr/i.test(name);
  const as = (type: Prediction['type'], why: string): Prediction => ({ type, zeroTerminal, why });
  const [, parameterization] = /^\s*parameterization:\s*["']?(\w+)/m.exec(yaml ?? '') ?? [];
  if (parameterization !== undefined) {
    return as(/^v/.test(parameterization) ? 'v_prediction' : 'epsilon', 'the .yaml beside it');
  }
  if (yaml !== undefined) return as('epsilon', 'the .yaml beside it names no parameterization');
  if (Object.hasOwn(entries, 'v_pred')) return as('v_prediction', 'its key v_pred');
  const stated = metadata['modelspec.prediction_type'] ?? metadata['modelspec.predict_key'];
  if (stated !== undefined) return as(/^v/i.test(stated) ? 'v_prediction' : 'epsilon', 'its metadata');
  if (/v[-_ ]?pred|768-?v(?![a-z])/i.test(name)) return as('v_prediction', 'its name');
  return (await bySpread(checkpoint))
    ? as('v_prediction', 'its weights')
    : as('epsilon', 'no sign of velocity');
}

/** Of Stable Diffusion 2 alone: every other file predicts noise unless it says otherwise. */
async function bySpread(checkpoint: Checkpoint): Promise<boolean> {
  const { entries, identity } = checkpoint;
  const name = `${identity.prefixes.unet}${DECIDING}`;
  if (!identity.title.includes('Stable Diffusion 2') || !Object.hasOwn(entries, name)) return false;
  const { [name]: bias } = await checkpoint.tensors([name]);
  const numbers = Array.from(bias!.data);
  const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  const variance = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length;
  return Math.sqrt(variance) > VELOCITY_STD;
}

/** The side of the latents that a network of this kind was trained on: velocity came with 768 pixels. */
export function latentSide(checkpoint: Checkpoint, { type }: Prediction): number {
  const second = checkpoint.identity.title.includes('Stable Diffusion 2');
  const inpaints = checkpoint.identity.title.includes('inpainting');
  return second && type === 'v_prediction' && !inpaints ? 96 : 64;
}
