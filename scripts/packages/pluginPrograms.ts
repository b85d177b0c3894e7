// Programs that paint with one plugin package, core and a backend alone.

/** By package: what a program imports, the plugin, what a layout has for it, and the folder that it reads. */
export const plugins = {
  '@spatiallock/lora': {
    imports: "import { lora, readLora } from '@spatiallock/lora';",
    plugin: "lora(readLora(await readFile(join(data, 'peft.safetensors'))))",
    fields: '{}',
    data: 'packages/lora/test/fixtures',
  },
  '@spatiallock/controlnet': {
    imports: "import { controlnet, readControlNet } from '@spatiallock/controlnet';",
    plugin: 'controlnet(await readControlNet(files(data)))',
    fields:
      '{ control: { width: 128, height: 128, channels: 3, data: new Uint8Array(3 * 128 * 128).fill(200) } }',
    data: 'packages/controlnet/test/fixtures',
  },
  '@spatiallock/attention-guidance': {
    imports: "import { attentionGuidance } from '@spatiallock/attention-guidance';",
    plugin: 'attentionGuidance({ lossScale: 1e6, lossThreshold: 0 })',
    fields: "{ objects: [{ phrase: 'a dog', box: [0, 0, 0.5, 1] }] }",
    data: 'packages/attention-guidance/src',
  },
};

/** Prints how many pixels a plugin changes, as JSON. */
export const pluginProgram = (imports: string, plugin: string, fields: string): string => `
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import { fromPretrained } from '@spatiallock/core';
${imports}

const [model, data] = process.argv.slice(2);
const files = (folder) => ({ read: (path) => readFile(join(folder, path)).catch(() => undefined) });
const backend = cpu({ threads: 1 });

async function painted(plugins, fields) {
  const pipe = await fromPretrained(files(model), { backend, plugins });
  const { images } = await pipe.generate({ prompt: 'a dog', objects: [], ...fields }, { seed: 7, steps: 2 });
  return images[0].data;
}
const plain = await painted([], {});
const steered = await painted([${plugin}], ${fields});
const changed = plain.filter((value, i) => value !== steered[i]).length;
console.log(JSON.stringify({ pixels: plain.length, changed }));
`;
