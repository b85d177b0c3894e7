// ControlNet as a plugin: what its network makes of a picture is added to each skip and to the mid block.

import {
  add,
  input,
  type Layout,
  multiply,
  type NetworkContext,
  PLUGIN_VERSION,
  type Plugin,
  reshape,
  sliceAxis,
  type Value,
} from '@spatiallock/core';
import { checkCallback, checkKeys, messageOf, showValue } from '@spatiallock/core/checks';
import type { UNet2dConditionConfig } from '@spatiallock/core/models';
import { type ControlNetConfig, imageFactor, skipCount } from './config.js';
import {
  type ControlImage,
  imageTensor,
  parseControlImage,
  type ReadControlImage,
  requireSize,
} from './image.js';
import { controlResiduals } from './network.js';
import {
  acts,
  type ControlCallOptions,
  type ControlStrength,
  parseStrength,
  residualScales,
  STRENGTH_FIELDS,
} from './options.js';
import type { ControlNet } from './readControlNet.js';

/** Options of `controlnet`. */
export interface ControlNetOptions extends ControlStrength {
  /**
   * Names the plugin, its options of a call, and the field of a layout that holds the control image; tells several apart.
   * A letter, then letters, digits and `_`. Default `control`.
   */
  readonly name?: string;
  /** Lets a layout name its image by text, as layouts in files do: reads the picture at a path or an address. */
  readonly readImage?: ReadControlImage;
}

/** The options of one call, checked. */
export interface ControlCall extends Required<ControlStrength> {
  readonly image?: ControlImage | string;
  /** Whether the caller gave any. */
  readonly given: boolean;
}

/** Fields of diffusers' configs in which a ControlNet is as the U-Net that it steers. */
const SHARED = ['cross_attention_dim', 'block_out_channels', 'layers_per_block'] as const;

/**
 * Steers pictures by control images: edges, depth, poses, whatever the network was trained on. A layout without an image
 * of its own, in a call without one, is painted without the network. The strength of a call stands over the one given here.
 * Throws an error that names the option which is wrong; a pipeline is refused where the network was made for another U-Net.
 *
 * @example
 * ```ts
 * import { cpu } from '@spatiallock/backend-onnx';
 * import { controlnet, readControlNet } from '@spatiallock/controlnet';
 * import { directory, fromPretrained, readImage } from '@spatiallock/node';
 *
 * const canny = controlnet(await readControlNet(directory('sd-controlnet-canny')), { readImage });
 * const pipe = await fromPretrained('my-model', { backend: cpu(), plugins: [canny] });
 * await pipe.generate({ prompt: 'a house', objects: [], control: 'edges.png' });
 * ```
 */
export function controlnet(network: ControlNet, options: ControlNetOptions = {}): Plugin<ControlCall> {
  const fields = checkKeys(options, ['name', 'readImage', ...STRENGTH_FIELDS], 'controlnet');
  const { name = 'control', readImage, ...strength } = fields as ControlNetOptions;
  if (typeof name !== 'string' || !/^[a-z]\w*$/i.test(name)) {
    throw new Error(`controlnet.name: must be a letter, then letters, digits and _, not ${showValue(name)}`);
  }
  checkCallback(readImage, 'controlnet.readImage');
  const own = parseStrength(strength, 'controlnet');
  const { config, params } = requireNetwork(network);
  const [imageInput, scalesInput] = [`${name}.image`, `${name}.scales`];
  const maps = skipCount(config) + 1;
  const parseImage = (given: unknown, path: string): ControlImage | string => {
    if (typeof given !== 'string') return parseControlImage(given, path, config);
    if (readImage && given !== '') return given;
    throw new Error(
      readImage
        ? `${path}: is empty; name a picture`
        : `${path}: is text, and this ControlNet has no readImage; give a picture, or readImage to controlnet`,
    );
  };
  return {
    name,
    pluginVersion: PLUGIN_VERSION,
    wholePicture: true,
    params: Object.fromEntries(Object.entries(params).map(([param, value]) => [`${name}.${param}`, value])),
    frozen: (param) => param.startsWith(`${name}.`),
    layoutFields: { layout: { [name]: parseImage } },
    parseOptions(given, path) {
      const { image, ...rest } = checkKeys(given ?? {}, ['image', ...STRENGTH_FIELDS], path);
      return {
        ...parseStrength(rest, path, own),
        ...(image === undefined ? {} : { image: parseImage(image, `${path}.image`) }),
        given: given !== undefined,
      };
    },
    network(context) {
      requireFit(name, config, context.config);
      return networkPart(name, config, context);
    },
    async feed(rows, { options: call, height, width }) {
      const sides = { height, width };
      const imageOf = imageReader(name, config, sides, readImage);
      const images = await Promise.all(rows.map(({ layout }) => imageOf(layout, call)));
      if (call.given && call.scale > 0 && images.every((image) => !image)) {
        throw new Error(
          `${name}: no layout has a control image; give one as the layout's ${name} or as plugins.${name}.image`,
        );
      }
      const pooled = config.global_pool_conditions;
      const oneSided = call.guessMode || pooled;
      const acting = rows.map(
        ({ conditional }, row) => images[row] !== undefined && (conditional || !oneSided),
      );
      const image = imageTensor(images, sides, config);
      const on = residualScales(acting, maps, call, pooled);
      const off = residualScales(acting, maps, { ...call, scale: 0 }, pooled);
      return (progress) => ({ [imageInput]: image, [scalesInput]: acts(call, progress) ? on : off });
    },
  };
}

function requireNetwork(given: unknown): ControlNet {
  const { config, params } = (given ?? {}) as Partial<ControlNet>;
  if (config && params) return { config, params };
  throw new Error(`controlnet: the network must be what readControlNet resolves to, not ${showValue(given)}`);
}

function networkPart(name: string, config: ControlNetConfig, context: NetworkContext) {
  const { batch, height, width, scope, timestep, text } = context;
  const factor = imageFactor(config);
  const image = input(`${name}.image`, [
    batch,
    config.conditioning_channels,
    height * factor,
    width * factor,
  ]);
  // A U-Net for inpainting reads more than latents; they come first.
  const sample = sliceAxis(context.sample, 1, 0, config.in_channels);
  const { skips, mid } = controlResiduals(scope.at(name), config, {
    sample,
    timestep,
    encoderHiddenStates: text,
    image,
  });
  const scales = input(`${name}.scales`, [batch, skips.length + 1]);
  const scaled = (residual: Value, index: number): Value =>
    multiply(residual, reshape(sliceAxis(scales, 1, index, index + 1), [batch, 1, 1, 1]));
  return {
    inputs: { [`${name}.image`]: image, [`${name}.scales`]: scales },
    hooks: {
      skip: (map: Value, { index }: { readonly index: number }) => add(map, scaled(skips[index], index)),
      mid: (map: Value) => add(map, scaled(mid, skips.length)),
    },
  };
}

/** Throws, naming the field, where a ControlNet was made for another U-Net. */
function requireFit(name: string, config: ControlNetConfig, unet: UNet2dConditionConfig): void {
  const differs = (field: string, own: unknown, its: unknown): Error =>
    new Error(
      `plugin ${name}: ${field} is ${showValue(own)} in the ControlNet and ${showValue(its)} in the U-Net; it was made for another model`,
    );
  for (const field of SHARED) {
    if (String(config[field]) !== String(unet[field])) throw differs(field, config[field], unet[field]);
  }
  if (![unet.in_channels, unet.out_channels].includes(config.in_channels)) {
    throw differs('in_channels', config.in_channels, unet.in_channels);
  }
}

/** Reads and checks the image of a layout, each name once. */
function imageReader(
  name: string,
  config: ControlNetConfig,
  sides: { readonly height: number; readonly width: number },
  readImage?: ReadControlImage,
) {
  const known = new Map<string, Promise<ControlImage>>();
  const read = (given: string, path: string): Promise<ControlImage> => {
    const image = known.get(given) ?? load(given, path);
    known.set(given, image);
    return image;
  };
  const load = async (given: string, path: string): Promise<ControlImage> => {
    try {
      return parseControlImage(await readImage?.(given), 'image', config);
    } catch (cause) {
      throw new Error(`${path}: ${showValue(given)} cannot be used: ${messageOf(cause)}`, { cause });
    }
  };
  return async (layout: Layout, { image: ofCall }: ControlCallOptions): Promise<ControlImage | undefined> => {
    const ofLayout = (layout as unknown as Readonly<Record<string, ControlImage | string | undefined>>)[name];
    const [given, path] = ofLayout === undefined ? [ofCall, `plugins.${name}.image`] : [ofLayout, name];
    if (given === undefined) return undefined;
    const image = typeof given === 'string' ? await read(given, path) : given;
    requireSize(image, sides, imageFactor(config), path);
    return image;
  };
}
