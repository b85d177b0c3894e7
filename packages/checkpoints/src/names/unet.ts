// The U-Net's parameters in the layout of the original code (CompVis' ldm, which A1111 and ComfyUI keep) and in diffusers'.

import { type NameMap, nameMap, prefixed } from '../nameMap.js';

/** What places a block of the original layout, which counts blocks through all levels. */
export interface UNetDepth {
  readonly levels: number;
  readonly layersPerBlock: number;
}

/**
 * The parameters of a U-Net in a file, whose names begin with `prefix`, under diffusers' names. `depth` is learnt from the
 * names where it is not given; an add-on, which holds a few layers of each block, cannot tell it.
 */
export function unetMap(names: Iterable<string>, prefix: string, given?: UNetDepth): NameMap {
  const own = [...names].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  const depth = given ?? unetDepth(own);
  return depth
    ? prefixed(
        prefix,
        nameMap(own, (name) => unetName(name, depth)),
      )
    : new Map();
}

/** Learns the depth from the names: `input_blocks.N.0.op` is the downsampler that ends a level. */
function unetDepth(names: Iterable<string>): UNetDepth | undefined {
  const downsamplers = new Set<number>();
  let last = 0;
  for (const name of names) {
    const [, block, rest] = /^input_blocks\.(\d+)\.(.+)$/.exec(name) ?? [];
    if (block === undefined) continue;
    last = Math.max(last, Number(block));
    if (rest === '0.op.weight') downsamplers.add(Number(block));
  }
  if (last === 0) return undefined;
  const first = downsamplers.size > 0 ? Math.min(...downsamplers) : last + 1;
  return { levels: downsamplers.size + 1, layersPerBlock: first - 1 };
}

const TOP: Readonly<Record<string, string>> = {
  'time_embed.0': 'time_embedding.linear_1',
  'time_embed.2': 'time_embedding.linear_2',
  'time_embed.cond_proj': 'time_embedding.cond_proj',
  'time_embedding.cond_proj': 'time_embedding.cond_proj',
  'input_blocks.0.0': 'conv_in',
  'out.0': 'conv_norm_out',
  'out.2': 'conv_out',
};

const RESNET: Readonly<Record<string, string>> = {
  'in_layers.0': 'norm1',
  'in_layers.2': 'conv1',
  'emb_layers.1': 'time_emb_proj',
  'out_layers.0': 'norm2',
  'out_layers.3': 'conv2',
  skip_connection: 'conv_shortcut',
};

/** The name in diffusers' layout; undefined for a name that is in no U-Net of the original layout. */
function unetName(name: string, depth: UNetDepth): string | undefined {
  if (name.startsWith('position_net.')) return name;
  const dot = name.lastIndexOf('.');
  const [layer, kind] = [name.slice(0, dot), name.slice(dot)];
  if (Object.hasOwn(TOP, layer)) return `${TOP[layer]}${kind}`;
  const [, stage, first, second, rest] =
    /^(input_blocks|middle_block|output_blocks)\.(\d+)\.(?:(\d+)\.)?(.+)$/.exec(name) ?? [];
  if (rest === undefined) return undefined;
  if (stage === 'middle_block') {
    // Here the first number is the place within the block; a second one belongs to what follows.
    const inside = name.slice(`middle_block.${first}.`.length);
    return Number(first) === 1
      ? `mid_block.attentions.0.${inside}`
      : resnet(`mid_block.resnets.${Number(first) / 2}`, inside);
  }
  if (second === undefined) return undefined;
  const block = Number(first);
  return stage === 'input_blocks'
    ? inputName(block - 1, Number(second), rest, depth)
    : outputName(block, Number(second), rest, depth);
}

function inputName(block: number, part: number, rest: string, depth: UNetDepth): string | undefined {
  const [level, layer] = place(block, depth);
  const path = `down_blocks.${level}`;
  if (part === 0 && rest.startsWith('op.')) return `${path}.downsamplers.0.conv.${rest.slice(3)}`;
  if (part === 0) return resnet(`${path}.resnets.${layer}`, rest);
  return part === 1 ? `${path}.attentions.${layer}.${rest}` : undefined;
}

function outputName(block: number, part: number, rest: string, depth: UNetDepth): string | undefined {
  const [level, layer] = place(block, depth);
  const path = `up_blocks.${level}`;
  if (part === 0) return resnet(`${path}.resnets.${layer}`, rest);
  if (rest === 'conv.weight' || rest === 'conv.bias') return `${path}.upsamplers.0.${rest}`;
  return part === 1 ? `${path}.attentions.${layer}.${rest}` : undefined;
}

/** Both halves have one block more in a level than it has layers: the downsampler there, another resnet here. */
function place(block: number, { layersPerBlock }: UNetDepth): readonly [level: number, layer: number] {
  const blocks = layersPerBlock + 1;
  return [Math.floor(block / blocks), block % blocks];
}

function resnet(path: string, rest: string): string | undefined {
  const dot = rest.lastIndexOf('.');
  const layer = rest.slice(0, dot);
  return Object.hasOwn(RESNET, layer) ? `${path}.${RESNET[layer]}${rest.slice(dot)}` : undefined;
}
