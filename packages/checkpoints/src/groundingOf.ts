// Whether a model holds objects to their boxes by layers of its own.

import type { FileOnDisk, FileSource } from '@spatiallock/core';
import { checkFiles } from '@spatiallock/core/checks';
import { readComponentConfig, readSafetensorsHead } from '@spatiallock/core/io';
import { named } from './checkpoint.js';

/**
 * How a model's U-Net holds objects to boxes: GLIGEN's gated layers for text, those for text and images, or not at
 * all.
 */
export type Grounding = 'gated' | 'gated-text-image' | 'none';

const STEMS = ['diffusion_pytorch_model', 'model'];
const WEIGHTS = STEMS.flatMap((stem) => [`${stem}.safetensors`, `${stem}.fp16.safetensors`]);

/** By the U-Net's config, by a folder poi/ beside it, or by the names in the U-Net's file; reads no weights. */
export async function groundingOf(files: FileSource): Promise<Grounding> {
  checkFiles(files);
  // A model of another family has no U-Net; what it is, is said when it is opened.
  if ((await files.read('unet/config.json')) === undefined) return 'none';
  const { attention_type: type } = await readComponentConfig(files, 'unet');
  if (type === 'gated' || type === 'gated-text-image') return type;
  let isRead = false;
  for (const name of WEIGHTS) {
    // One file of the network tells enough: to open another may mean to download it.
    const own: FileOnDisk | undefined = isRead ? undefined : await files.onDisk?.(`unet/${name}`);
    isRead ||= own !== undefined;
    if (
      own &&
      Object.keys(named(`unet/${name}`, () => readSafetensorsHead(own)).entries).some((each) =>
        each.startsWith('position_net.'),
      )
    ) {
      return 'gated';
    }
    const beside = `poi/${name}`;
    if (files.exists ? await files.exists(beside) : (await files.read(beside)) !== undefined) return 'gated';
  }
  return 'none';
}
