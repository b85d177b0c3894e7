// Files and weights that lie over those of another source.

import type { FileSource, Tensors } from '@spatiallock/core';
import { checkFiles, checkKeys } from '@spatiallock/core/checks';

/** Files and weights that stand in for those of a model directory, by their paths. */
export interface Overlay {
  /** Files by path, as bytes or as JSON; undefined hides one. */
  readonly files?: Readonly<Record<string, unknown>>;
  /** The weights of components, instead of those in files. */
  readonly weights?: Readonly<Record<string, () => Promise<Tensors>>>;
}

/** A source in which some files and weights are replaced. */
export function overlaid(base: FileSource, overlay: Overlay): FileSource {
  checkFiles(base, 'base');
  checkKeys(overlay, ['files', 'weights'], 'overlay');
  const { files = {}, weights = {} } = overlay;
  const replaced = (path: string): boolean => Object.hasOwn(files, path) || ownWeights(path) !== undefined;
  const ownWeights = (path: string): string | undefined => {
    const component = path.split('/')[0]!;
    const isWeight = /\.(safetensors|bin)(\.index.*\.json)?$/.test(path);
    return isWeight && Object.hasOwn(weights, component) ? component : undefined;
  };
  return {
    async read(path) {
      if (!replaced(path)) return base.read(path);
      const content = files[path];
      if (content === undefined || content instanceof Uint8Array) return content;
      return jsonBytes(content);
    },
    async exists(path) {
      if (replaced(path)) return files[path] !== undefined;
      return base.exists ? base.exists(path) : (await base.read(path)) !== undefined;
    },
    ...(base.onDisk ? { onDisk: async (path) => (replaced(path) ? undefined : base.onDisk!(path)) } : {}),
    async weights(component, options) {
      if (Object.hasOwn(weights, component)) return weights[component]!();
      return base.weights?.(component, options);
    },
  };
}

declare const TextEncoder: new () => { encode(text: string): Uint8Array };

/** A JSON file's bytes. */
export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}
