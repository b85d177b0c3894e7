// The plugins and detectors of this repository: what stands in for the declaration of directories that have none.

import { groundingOf, textImageRefusal } from '@spatiallock/checkpoints';
import type { FileSource } from '@spatiallock/core';
import { checkFlag, checkKeys } from '@spatiallock/core/checks';
import {
  type DeclaredModule,
  type ModelDeclaration,
  parseModelDeclaration,
  readModelSettings,
} from '@spatiallock/core/modules';

/** Which reads grounding layers, and is trained where a model has no plugin. */
export const groundingPlugin: DeclaredModule = { module: '@spatiallock/poi' };

/** Plugins whose settings may be given for any model. */
export const standardPlugins: readonly DeclaredModule[] = [groundingPlugin, { module: '@spatiallock/pog' }];

/** Plugins that a flag of theirs makes, for any model. */
export const flaggedPlugins: readonly DeclaredModule[] = [{ module: '@spatiallock/lora' }];

/** The name in spatiallock.json of the embedded model. */
const EMBEDDED = 'spatiallock-emoji';

const WEIGHTS = '@spatiallock/detectors/weights';

/** Detectors for models that declare none: they know the scenes' classes. */
export const standardDetectors: Required<ModelDeclaration['detectors']> = {
  guides: { module: '@spatiallock/detectors/query', folder: `${WEIGHTS}/query` },
  judges: { module: '@spatiallock/detectors/center', folder: `${WEIGHTS}/center` },
};

/** The flag of a file with grounding layers, `ModelSourceOptions.grounding`. */
export const groundingFlag = {
  name: 'poi',
  valueHint: 'gligen.safetensors',
  description: "GLIGEN's grounding layers, in its own names or ComfyUI's, over a model without them",
} as const;

/** What a model without a plugin that grounds lacks, and how to give it. */
export const WITHOUT_GROUNDING = `has no grounding layers that hold objects to their boxes; give GLIGEN's by --${groundingFlag.name} ${groundingFlag.valueHint}, or place objects by the words of the prompt: --plugin @spatiallock/attention-guidance`;

/** What a model needs, and who says so. */
export interface ModelNeeds extends ModelDeclaration {
  /** False where it was inferred from what lies in the folder. */
  readonly declared: boolean;
  /** Why the model's own grounding layers cannot be used. */
  readonly refusal?: string;
}

/** Options of `modelNeeds`. */
export interface NeedsOptions {
  /** Whether the directory comes from elsewhere: it then may not name files of this machine. */
  readonly remote?: boolean;
}

/**
 * What a model directory declares in spatiallock.json; of directories without a declaration, what their content tells: a
 * U-Net with gated layers, or a folder poi/ beside it, is read by PoI. Rejects with an error that names the field at fault.
 */
export async function modelNeeds(files: FileSource, options: NeedsOptions = {}): Promise<ModelNeeds> {
  const { remote = false } = checkKeys(options, ['remote'], 'options') as NeedsOptions;
  checkFlag(remote, 'options.remote');
  const settings = await readModelSettings(files);
  const declaration = settings && parseModelDeclaration(settings);
  if (declaration) {
    const { guides, judges } = declaration.detectors;
    const named = [...declaration.plugins, guides, judges].filter((each) => each !== undefined);
    const path = named.find(({ module }) => /^[/\\]|^[a-z]:/i.test(module))?.module;
    if (remote && path !== undefined) {
      throw new Error(`spatiallock.json: ${path}: a model of the hub may name packages only`);
    }
    return { ...declaration, declared: true };
  }
  const grounding = await groundingOf(files);
  return {
    plugins: grounding === 'gated' ? [groundingPlugin] : [],
    // Fine-tuned from the embedded model before there were declarations.
    detectors: settings?.name === EMBEDDED ? standardDetectors : {},
    declared: false,
    ...(grounding === 'gated-text-image' ? { refusal: textImageRefusal } : {}),
  };
}
