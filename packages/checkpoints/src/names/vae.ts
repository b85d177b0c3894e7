// The autoencoder's parameters in the original layout and in diffusers'.

import { type NameMap, nameMap, prefixed } from '../nameMap.js';

const LAYERS: readonly (readonly [original: RegExp, renamed: string])[] = [
  [/^(encoder|decoder)\.mid\.block_(\d)\./, '$1.mid_block.resnets.$2.'],
  [/^(encoder|decoder)\.mid\.attn_1\.norm\./, '$1.mid_block.attentions.0.group_norm.'],
  [/^(encoder|decoder)\.mid\.attn_1\.([qkv])\./, '$1.mid_block.attentions.0.to_$2.'],
  [/^(encoder|decoder)\.mid\.attn_1\.proj_out\./, '$1.mid_block.attentions.0.to_out.0.'],
  [/^encoder\.down\.(\d+)\.block\./, 'encoder.down_blocks.$1.resnets.'],
  [/^encoder\.down\.(\d+)\.downsample\./, 'encoder.down_blocks.$1.downsamplers.0.'],
  [/^(encoder|decoder)\.norm_out\./, '$1.conv_norm_out.'],
];

/** The parameters of an autoencoder in a file, whose names begin with `prefix`, under diffusers' names. */
export function vaeMap(names: Iterable<string>, prefix: string): NameMap {
  const own = [...names].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  const levels = vaeLevels(own);
  const original = own.some((name) => /^(encoder\.down|decoder\.up)\.\d/.test(name));
  return prefixed(
    prefix,
    nameMap(own, (name) => (original ? vaeName(name, levels) : IN_DIFFUSERS.test(name) ? name : undefined)),
  );
}

const IN_DIFFUSERS = /^(encoder|decoder|quant_conv|post_quant_conv)\./;

/** Levels of the decoder, which the original layout counts from the last; 0 where there is none. */
function vaeLevels(names: Iterable<string>): number {
  let levels = 0;
  for (const name of names) {
    const [, level] = /^decoder\.up\.(\d+)\./.exec(name) ?? [];
    if (level !== undefined) levels = Math.max(levels, Number(level) + 1);
  }
  return levels;
}

/** The name in diffusers' layout; undefined for a name that is in no autoencoder of the original layout. */
function vaeName(name: string, levels: number): string | undefined {
  const [, level, rest] = /^decoder\.up\.(\d+)\.(.+)$/.exec(name) ?? [];
  if (level !== undefined) {
    const path = `decoder.up_blocks.${levels - 1 - Number(level)}`;
    const inside = rest!.replace(/^block\./, 'resnets.').replace(/^upsample\./, 'upsamplers.0.');
    return `${path}.${shortcut(inside)}`;
  }
  const found = LAYERS.find(([original]) => original.test(name));
  if (found) return shortcut(midResnet(name.replace(found[0], found[1])));
  return /^((encoder|decoder)\.conv_(in|out)|(post_)?quant_conv)\.(weight|bias)$/.test(name)
    ? name
    : undefined;
}

/** block_1 and block_2 of the middle are resnets 0 and 1. */
const midResnet = (name: string): string =>
  name.replace(
    /(\.mid_block\.resnets\.)(\d)/,
    (_, path: string, index: string) => path + (Number(index) - 1),
  );

const shortcut = (name: string): string => name.replace('.nin_shortcut.', '.conv_shortcut.');
