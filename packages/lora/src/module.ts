// LoRA as a module that models declare and commands load: `--plugin lora --plugin-options '{"file": "style.safetensors"}'`.

import { PLUGIN_VERSION, type PluginContext, type PluginDefinition } from '@spatiallock/core';
import { showValue } from '@spatiallock/core/checks';
import { lora } from './lora.js';
import { readLora } from './loraFile.js';

/** What diffusers names a LoRA's file. */
const STANDARD_FILE = 'pytorch_lora_weights.safetensors';

/**
 * The options of a declaration are those of `lora` without `name`, and `file`: a path that a person gives, or the name of a file
 * in the folder that a model declares for it, default pytorch_lora_weights.safetensors.
 */
export const plugin: PluginDefinition = {
  name: 'lora',
  pluginVersion: PLUGIN_VERSION,
  title: 'LoRA',
  settings: [
    {
      kind: 'number',
      name: 'loraScale',
      option: 'scale',
      min: -10,
      max: 10,
      hint: 'scale',
      help: "times what the LoRA adds, 0 is off; default: that of the plugin's options, else 1",
    },
  ],
  async create({ file = STANDARD_FILE, ...options }, context) {
    if (Object.hasOwn(options, 'name')) throw new Error('name: is lora here, and cannot be given');
    return lora(readLora(await bytesOf(file, context)), options);
  },
};

async function bytesOf(file: unknown, { folder, userFiles }: PluginContext): Promise<Uint8Array> {
  const files = folder ?? userFiles;
  if (!files) throw new Error('folder: is missing; declare the folder of the model that holds the LoRA');
  if (typeof file !== 'string' || file === '')
    throw new Error(`file: must be a path, not ${showValue(file)}`);
  const bytes = await files.read(file);
  if (bytes) return bytes;
  throw new Error(`file: there is no ${file}; give the path of a .safetensors file`);
}
