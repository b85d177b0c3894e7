// Which parameters are PoI's own, and whether a checkpoint has them.

import type { ComponentName, PluginWeights, Tensors } from '@spatiallock/core';

/** Under which object-relative injection is named. */
export const INJECTION = 'injection';
const GLIGEN_PARTS: readonly string[] = ['position_net', 'fuser'];

const partsOf = (name: string): readonly string[] => name.split('.');

const injectionOwns = (name: string): boolean => partsOf(name).includes(INJECTION);

/** GLIGEN's names stay in unet/, where diffusers reads them; object-relative injection, which it does not know, does not. */
export const poiWeights: readonly PluginWeights[] = [
  {
    folder: 'unet',
    owns: (name) => !injectionOwns(name) && partsOf(name).some((part) => GLIGEN_PARTS.includes(part)),
    config: { attention_type: 'gated' },
  },
  { folder: 'poi', owns: injectionOwns },
];

/** Gives the parameters back; throws where a U-Net has none of PoI's, as plain Stable Diffusion has not. */
export function requireGrounding(component: ComponentName, params: Tensors): Tensors {
  const owned = (name: string) => poiWeights.some(({ owns }) => owns(name));
  if (component !== 'unet' || Object.keys(params).some(owned)) return params;
  throw new Error(
    'plugin poi: this checkpoint has no grounding weights (position_net, fuser), so it was never trained to place ' +
      'objects; add the grounding layers of a GLIGEN checkpoint, or place objects without such weights by ' +
      'attentionGuidance() of @spatiallock/attention-guidance in place of poi()',
  );
}
