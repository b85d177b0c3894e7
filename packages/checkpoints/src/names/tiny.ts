// TAESD's files (github.com/madebyollin/taesd): each half is a sequence of numbered layers.

import { type NameMap, nameMap } from '../nameMap.js';

const NUMBERED = /^\d+\.(conv\.\d+\.|skip\.)?(weight|bias)$/;
const BOTH = /^(?:taesd_)?(encoder|decoder)\.(\d+)\.(.+)$/;
const NAMED = /^(encoder|decoder)\.layers\.\d+\./;

/** Whether names are TAESD's: of one half, of both, or diffusers'. */
export function isTiny(names: ReadonlySet<string>): boolean {
  const all = [...names];
  if (all.length === 0) return false;
  return (
    (all.every((name) => NUMBERED.test(name)) && names.has('3.conv.0.weight')) ||
    all.every((name) => BOTH.test(name)) ||
    all.every((name) => NAMED.test(name))
  );
}

/** Names of diffusers' AutoencoderTiny; the original's decoder counts its first layer, which has no parameters. */
export function tinyMap(names: ReadonlySet<string>): NameMap {
  const layer = (half: string, index: string, rest: string): string =>
    `${half}.layers.${Number(index) - (half === 'decoder' ? 1 : 0)}.${rest}`;
  const alone = names.has('0.weight') ? 'encoder' : 'decoder';
  return nameMap(names, (name) => {
    if (NAMED.test(name)) return name;
    const [, half, index, rest] = BOTH.exec(name) ?? [];
    if (half !== undefined) return layer(half, index!, rest!);
    const [, number, inside] = /^(\d+)\.(.+)$/.exec(name) ?? [];
    return number === undefined ? undefined : layer(alone, number, inside!);
  });
}
