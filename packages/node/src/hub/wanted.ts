// Which files of a repository a pipeline needs.

import type { ModelIndex } from '@spatiallock/core/io';
import type { ModelDeclaration } from '@spatiallock/core/modules';

const NEEDED = ['unet', 'vae', 'text_encoder', 'tokenizer', 'scheduler'];
const STEMS = ['diffusion_pytorch_model', 'model'];

/**
 * The files of a model directory that are worth downloading: settings of the components that are used, one form of their
 * weights (in the asked variant, else float32, else half precision), folders of plugins, and all that spatiallock.json names.
 * Weights of components that are pickles are left out: they are not read.
 */
export function wantedFiles(
  paths: readonly string[],
  index: ModelIndex,
  declaration?: ModelDeclaration,
  variant?: string,
): readonly string[] {
  const folders = new Map<string, string[]>();
  for (const path of paths) {
    const [folder = '', ...rest] = path.split('/');
    if (rest.length === 1) folders.set(folder, [...(folders.get(folder) ?? []), rest[0]!]);
  }
  const found = [...folders].filter(
    ([name]) => NEEDED.includes(name) || !Object.hasOwn(index.components, name),
  );
  const declared = declaration ? declaredFiles(paths, declaration) : [];
  const wanted = [
    ...['model_index.json', 'spatiallock.json'].filter((name) => paths.includes(name)),
    ...found.flatMap(([folder, names]) => inFolder(names, variant).map((name) => `${folder}/${name}`)),
    ...declared,
  ];
  return [...new Set(wanted)];
}

/** Plugins and detectors may read any file of their folders, and a folder with a slash is of a package; see `openPlugin`. */
function declaredFiles(
  paths: readonly string[],
  { plugins, detectors, vocabulary }: ModelDeclaration,
): readonly string[] {
  const folders = [...plugins, detectors.guides, detectors.judges].map((each) => each?.folder);
  const own = folders.filter((folder) => folder && !folder.includes('/') && !NEEDED.includes(folder));
  return paths.filter((path) => path === vocabulary || own.some((folder) => path.startsWith(`${folder}/`)));
}

function inFolder(names: readonly string[], variant: string | undefined): readonly string[] {
  const weights = weightFiles(names, variant);
  const isComponent = names.some(
    (name) =>
      /^(scheduler_)?config\.json$/.test(name) || name === 'tokenizer_config.json' || name === 'vocab.json',
  );
  if (!isComponent && weights.length === 0) return [];
  const settings = names.filter((name) => /\.(json|txt)$/.test(name) && !name.includes('.index.'));
  return [...settings, ...weights];
}

/** One file, or an index and its shards, in the order in which they are looked for when they are read. */
export function weightFiles(names: readonly string[], variant?: string): readonly string[] {
  for (const kind of new Set([variant, undefined, 'fp16'])) {
    const suffix = kind === undefined ? '' : `.${kind}`;
    for (const stem of STEMS) {
      const single = `${stem}${suffix}.safetensors`;
      if (names.includes(single)) return [single];
      const index = `${stem}.safetensors.index${suffix}.json`;
      if (!names.includes(index)) continue;
      const shard = new RegExp(
        `^${stem}(${suffix.replace('.', '\\.')})?-\\d+-of-\\d+(${suffix.replace('.', '\\.')})?\\.safetensors$`,
      );
      return [index, ...names.filter((name) => shard.test(name))];
    }
  }
  return [];
}
