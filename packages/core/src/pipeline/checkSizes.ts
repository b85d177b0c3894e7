import type { Tensors } from '../graph/tensor.js';
import { checkLayerCount } from '../models/checkParams.js';
import { type ConfigSize, checkConfigSizes, clipTextSizes, unetSizes } from '../models/configSizes.js';
import { unetLayers } from '../models/unet2dConditionConfig.js';
import type { LoadedModel } from './loadModel.js';

/** Throws, before any graph is built, where a config asks for more layers or another width than its weights have. */
export function checkSizes({
  unet,
  vae,
  textEncoder,
}: Pick<LoadedModel, 'unet' | 'vae' | 'textEncoder'>): void {
  const check = (title: string, layers: number, sizes: readonly ConfigSize[], params: Tensors): void => {
    checkLayerCount(title, layers, params);
    checkConfigSizes(title, sizes, params);
  };
  check('unet', unetLayers(unet.config), unetSizes(unet.config), unet.params);
  const text = textEncoder.config;
  check('text_encoder', text.num_hidden_layers, clipTextSizes(text), textEncoder.params);
  check('vae', vae.autoencoder.blocks, vae.autoencoder.sizes, vae.params);
}
