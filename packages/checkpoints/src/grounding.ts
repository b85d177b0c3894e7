// GLIGEN's layers from a file of their own, over a U-Net that has none.

import type { FileSource, Tensors } from '@spatiallock/core';
import { checkFiles } from '@spatiallock/core/checks';
import { readComponentConfig, readWeights } from '@spatiallock/core/io';
import { type Checkpoint, requireKind } from './checkpoint.js';
import { mapShapes, mapTensors, type NameMap, nameMap } from './nameMap.js';
import { unetMap } from './names/unet.js';
import { overlaid } from './overlay.js';

const GROUNDING = /(^|\.)(position_net|fuser)\./;

/** The U-Net's fields that tell names of the original layout apart. */
interface Depth {
  readonly block_out_channels?: unknown;
  readonly layers_per_block?: unknown;
}

/**
 * A model with the grounding layers of `addon`: a file in the original layout's names (GLIGEN's own and ComfyUI's) or in
 * diffusers'. What the model itself holds of such layers is replaced. Rejects where the add-on does not fit the U-Net.
 */
export async function withGrounding(base: FileSource, given: Checkpoint): Promise<FileSource> {
  checkFiles(base, 'base');
  const addon = requireKind(given, ['grounding', 'model'], "a file of GLIGEN's grounding layers");
  const config = await readComponentConfig(base, 'unet');
  const map = groundingMap(addon, config);
  const width = mapShapes(addon.entries, map)['position_net.null_positive_feature']?.shape[0];
  if (map.size === 0 || width === undefined) {
    throw new Error(`${addon.name}: holds no grounding layers (position_net and fuser)`);
  }
  if (width !== config.cross_attention_dim) {
    throw new Error(
      `${addon.name}: was made for text of width ${width}, the model's is ${String(config.cross_attention_dim)}; GLIGEN belongs to Stable Diffusion 1.x`,
    );
  }
  return overlaid(base, {
    files: { 'unet/config.json': { ...config, attention_type: 'gated' } },
    weights: {
      async unet() {
        const plain = Object.entries(await readWeights(base, 'unet', { float32: true }));
        const kept = Object.fromEntries(plain.filter(([name]) => !GROUNDING.test(name)));
        const layers: Tensors = mapTensors(await addon.tensors([...map.keys()]), map);
        return { ...kept, ...layers };
      },
    },
  });
}

/** The add-on's layers under diffusers' names, for a U-Net of that config. */
function groundingMap(
  { entries, identity }: Checkpoint,
  { block_out_channels, layers_per_block }: Depth,
): NameMap {
  const wanted = Object.keys(entries).filter((name) => GROUNDING.test(name));
  if (wanted.some((name) => /^(down_blocks|mid_block|up_blocks)\./.test(name)))
    return nameMap(wanted, (name) => name);
  const prefix = ['model.diffusion_model.', 'diffusion_model.'].find((each) =>
    wanted.some((name) => name.startsWith(each)),
  );
  const levels = Array.isArray(block_out_channels) ? block_out_channels.length : 4;
  const layersPerBlock = typeof layers_per_block === 'number' ? layers_per_block : 2;
  return unetMap(wanted, prefix ?? identity.prefixes.unet, { levels, layersPerBlock });
}
