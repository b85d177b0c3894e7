// A ControlNet's parameters in the layout of the original code (control_model.*) and in diffusers'.

import { type NameMap, nameMap, prefixed } from '../nameMap.js';
import { unetMap } from './unet.js';

const PREFIXES = ['control_model.', ''];

/** The parameters of a ControlNet in a file, under diffusers' names; names of diffusers stay as they are. */
export function controlNetMap(names: readonly string[]): NameMap {
  if (names.some((name) => name.startsWith('controlnet_cond_embedding.'))) {
    return nameMap(names, (name) => name);
  }
  const prefix = PREFIXES.find((each) => names.includes(`${each}input_hint_block.0.weight`)) ?? '';
  const own = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  const last = Math.max(
    0,
    ...own.flatMap((name) => /^input_hint_block\.(\d+)\./.exec(name)?.[1] ?? []).map(Number),
  );
  return new Map([
    ...unetMap(names, prefix),
    ...prefixed(
      prefix,
      nameMap(own, (name) => addedName(name, last)),
    ),
  ]);
}

/** What a ControlNet has beside the U-Net's first half; undefined for another name. */
function addedName(name: string, lastHint: number): string | undefined {
  const [, place, index, kind] =
    /^(input_hint_block|zero_convs|middle_block_out)\.(\d+)\.(?:0\.)?(weight|bias)$/.exec(name) ?? [];
  switch (place) {
    case 'input_hint_block':
      return `controlnet_cond_embedding.${hintName(Number(index), lastHint)}.${kind}`;
    case 'zero_convs':
      return `controlnet_down_blocks.${index}.${kind}`;
    case 'middle_block_out':
      return `controlnet_mid_block.${kind}`;
    default:
      return undefined;
  }
}

/** Convolutions stand at even places, with an activation between them. */
function hintName(index: number, last: number): string {
  if (index === 0) return 'conv_in';
  return index === last ? 'conv_out' : `blocks.${index / 2 - 1}`;
}
