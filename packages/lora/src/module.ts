// LoRA as a module that models declare and commands load: `--lora style.safetensors:0.8`, or
// `--plugin lora --plugin-options '{"file": "style.safetensors"}'`.

import { messageOf, PLUGIN_VERSION, type PluginContext, type PluginDefinition } from '@spatiallock/core';
import { checkKeys, checkNumber, showValue } from '@spatiallock/core/checks';
import { lora } from './lora.js';
import { readLora } from './loraFile.js';
import { loras, type NamedLora } from './loras.js';

/** What diffusers names a LoRA's file. */
const STANDARD_FILE = 'pytorch_lora_weights.safetensors';

/**
 * The options of a declaration are those of `lora` without `name`, and `file`: a path that a person gives, or the name of a file
 * in the folder that a model declares for it, default pytorch_lora_weights.safetensors. `files`, a list of `{ file, scale }`,
 * are several at once.
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
      help: "times what all LoRAs add, 0 is off; default: that of the plugin's options, else 1",
    },
  ],
  flag: {
    name: 'lora',
    valueHint: 'file.safetensors:0.8',
    help: 'a LoRA and its scale, default 1; repeat it for several, which are summed',
    options: (values) => ({ files: values.map(namedFile) }),
  },
  async create({ file, files, ...options }, context) {
    if (Object.hasOwn(options, 'name')) throw new Error('name: is lora here, and cannot be given');
    if (files === undefined) return lora(readLora(await bytesOf(file ?? STANDARD_FILE, context)), options);
    if (file !== undefined) throw new Error('file: is one, files are several; give one of them');
    if (!Array.isArray(files))
      throw new Error(`files: must be a list of { file, scale }, not ${showValue(files)}`);
    const named: NamedLora[] = [];
    for (const [i, each] of files.entries()) named.push(await namedLora(each, `files[${i}]`, context));
    return loras(named, options);
  },
};

/** "file:0.8", or a file. */
function namedFile(value: string): { readonly file: string; readonly scale?: number } {
  const [, file, scale] = /^(.+):([-+]?(?:\d+\.?\d*|\.\d+))$/.exec(value) ?? [];
  if (file !== undefined) return { file, scale: checkNumber(Number(scale), SCALE, `the scale of ${file}`) };
  if (value.trim() === '')
    throw new Error('must be the path of a .safetensors file, such as style.safetensors:0.8');
  return { file: value };
}

const SCALE = { min: -10, max: 10 };

async function namedLora(given: unknown, path: string, context: PluginContext): Promise<NamedLora> {
  const { file, ...settings } = checkKeys(given, ['file', 'scale'], path);
  const scale = checkNumber(settings.scale ?? 1, SCALE, `${path}.scale`);
  const bytes = await bytesOf(file, context);
  const name = String(file);
  try {
    return { name, layers: readLora(bytes), scale };
  } catch (cause) {
    throw new Error(`${name}: ${messageOf(cause)}`, { cause });
  }
}

async function bytesOf(file: unknown, { folder, userFiles }: PluginContext): Promise<Uint8Array> {
  const files = folder ?? userFiles;
  if (!files) throw new Error('folder: is missing; declare the folder of the model that holds the LoRA');
  if (typeof file !== 'string' || file === '')
    throw new Error(`file: must be a path, not ${showValue(file)}`);
  const bytes = await files.read(file);
  if (bytes) return bytes;
  throw new Error(`file: there is no ${file}; give the path of a .safetensors file`);
}
