// The components of a file, under the names of diffusers and transformers.

import type { Tensors } from '@spatiallock/core';
import { autoencoderKl } from '@spatiallock/core/models';
import type { Checkpoint } from './checkpoint.js';
import type { Part, Shapes } from './identify.js';
import { mapShapes, mapTensors, type NameMap } from './nameMap.js';
import { textMap } from './names/text.js';
import { isTiny, tinyMap } from './names/tiny.js';
import { unetMap } from './names/unet.js';
import { vaeMap } from './names/vae.js';

/** Which tensors of a file make up a component; what is in no map, such as EMA copies, is never read. */
export function partMap({ entries, identity }: Checkpoint, part: Part): NameMap {
  const names = new Set(Object.keys(entries));
  switch (part) {
    case 'unet':
      return unetMap(names, identity.prefixes.unet);
    case 'vae':
      return isTiny(names) ? tinyMap(names) : vaeMap(names, identity.prefixes.vae);
    case 'text_encoder':
      return textMap(names);
  }
}

/** The shapes of a component's parameters. */
export function partShapes(checkpoint: Checkpoint, part: Part): Shapes {
  return mapShapes(checkpoint.entries, partMap(checkpoint, part));
}

/** A component's parameters; they stay in the file until they are asked for. */
export async function partTensors(checkpoint: Checkpoint, part: Part): Promise<Tensors> {
  const map = partMap(checkpoint, part);
  const tensors = mapTensors(await checkpoint.tensors([...map.keys()]), map);
  return part === 'vae' ? autoencoderKl.upgradeNames(tensors) : tensors;
}
