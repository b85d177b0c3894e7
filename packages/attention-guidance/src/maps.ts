// Which attention maps of the U-Net are read.

import type { NetworkContext, Value } from '@spatiallock/core';
import { type AttentionSite, latentSides, type UNetHooks } from '@spatiallock/core/models';
import type { Method } from './options.js';

/** What one layer of cross-attention pays to the prompt's tokens. */
export interface AttentionMap {
  /** [N, heads, height * width, T] */
  readonly probs: Value;
  readonly site: Pick<AttentionSite, 'stage' | 'height' | 'width'>;
}

/** Hooks that keep every map of cross-attention; `read` gives them once the U-Net is built. */
export function attentionReader(): { readonly hooks: UNetHooks; read(): readonly AttentionMap[] } {
  const maps: AttentionMap[] = [];
  return {
    hooks: {
      attentionProbs(probs, site) {
        if (site.attention === 'cross') maps.push({ probs, site });
      },
    },
    read: () => maps,
  };
}

/** The maps that a method reads, by default or of these sides; throws where the U-Net has none. */
export function chosenMaps(
  maps: readonly AttentionMap[],
  method: Method,
  attentionRes: readonly number[] | undefined,
  context: Pick<NetworkContext, 'config' | 'height'>,
): readonly AttentionMap[] {
  if (maps.length === 0) {
    throw new Error(
      'plugin attentionGuidance: this U-Net has no cross-attention, so its prompt places nothing',
    );
  }
  if (attentionRes) return mapsOfSides(maps, attentionRes, context);
  const decoder = maps.filter(({ site }) => site.stage === 'up');
  const later = decoder.length > 0 ? decoder : maps;
  const coarsest = Math.min(...later.map(({ site }) => site.height));
  if (method === 'boxdiff') return maps.filter(({ site }) => site.height === coarsest);
  return maps.filter(
    (map) => map.site.stage === 'mid' || (later.includes(map) && map.site.height === coarsest),
  );
}

function mapsOfSides(
  maps: readonly AttentionMap[],
  sides: readonly number[],
  { config, height }: Pick<NetworkContext, 'config' | 'height'>,
): readonly AttentionMap[] {
  const sideOf = ({ site }: AttentionMap): number =>
    Math.round((site.height * latentSides(config)[0]) / height);
  const known = [...new Set(maps.map(sideOf))].sort((a, b) => a - b);
  const unknown = sides.find((side) => !known.includes(side));
  if (unknown !== undefined) {
    throw new Error(
      `attentionGuidance.attentionRes: this U-Net has no cross-attention on maps of ${unknown} x ${unknown}; it has ${known.join(', ')}`,
    );
  }
  return maps.filter((map) => sides.includes(sideOf(map)));
}

/** The maps of each grid. */
export function groupedByGrid(maps: readonly AttentionMap[]): ReadonlyMap<string, readonly AttentionMap[]> {
  const groups = new Map<string, AttentionMap[]>();
  for (const map of maps) {
    const key = `${map.site.height} x ${map.site.width}`;
    groups.set(key, [...(groups.get(key) ?? []), map]);
  }
  return groups;
}
