// A single-file ControlNet seen as a directory in diffusers' layout.

import type { FileSource } from '@spatiallock/core';
import type { JsonObject } from '@spatiallock/core/io';
import { type Checkpoint, checkCheckpoint, fileName, named } from './checkpoint.js';
import { controlNetConfig } from './configs.js';
import { mapShapes, mapTensors } from './nameMap.js';
import { controlNetMap } from './names/controlNet.js';
import { jsonBytes } from './overlay.js';

/**
 * A ControlNetModel directory made of one file, in the original layout (`control_model.*`, also without that prefix) or in
 * diffusers'; the tensors stay in the file. `config`, the fields of a config.json, replaces what the file tells: its shapes,
 * and a name with `shuffle`, whose network averages over the picture (`global_pool_conditions`) in no other way. Throws where the file is something else, or of other widths than Stable Diffusion's and no `config` is given.
 */
export function controlNetSource(checkpoint: Checkpoint, config?: JsonObject): FileSource {
  checkCheckpoint(checkpoint);
  const { entries, identity, name } = checkpoint;
  if (identity.kind !== 'controlnet') throw new Error(`${name}: is ${identity.title}; give a ControlNet`);
  const map = controlNetMap(Object.keys(entries));
  const pooled = /shuffle/i.test(fileName(checkpoint)) ? { global_pool_conditions: true } : {};
  const fields = config ?? named(name, () => ({ ...controlNetConfig(mapShapes(entries, map)), ...pooled }));
  return {
    read: async (path) => (path === 'config.json' ? jsonBytes(fields) : undefined),
    async weights(component) {
      if (component !== '') return undefined;
      return mapTensors(await checkpoint.tensors([...map.keys()]), map);
    },
  };
}
