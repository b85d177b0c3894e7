// ControlNet as a module that models declare and commands load:
// `--plugin controlnet --plugin-options '{"network": "sd-controlnet-canny", "image": "edges.png"}'`.

import {
  type FileSource,
  PLUGIN_VERSION,
  type PluginContext,
  type PluginDefinition,
} from '@spatiallock/core';
import { messageOf, showValue } from '@spatiallock/core/checks';
import { filesBelow } from '@spatiallock/core/modules';
import { controlnet } from './controlnet.js';
import { readControlNet } from './readControlNet.js';

/**
 * The options of a declaration are those of `controlnet` without `name` and `readImage`, and `network`: the path of a
 * ControlNetModel directory that a person gives; a model declares its folder instead. Layouts name their control image by path,
 * in the field `control`; `image` is for those that name none.
 */
export const plugin: PluginDefinition = {
  name: 'control',
  pluginVersion: PLUGIN_VERSION,
  title: 'ControlNet',
  layoutFields: { layout: { control: parsePath } },
  settings: [
    {
      kind: 'number',
      name: 'controlScale',
      option: 'scale',
      min: 0,
      max: 10,
      hint: 'scale',
      help: "times what the ControlNet adds, 0 is off; default: that of the plugin's options, else 1",
    },
    {
      kind: 'number',
      name: 'controlFrom',
      option: 'from',
      min: 0,
      max: 1,
      hint: 'share',
      help: 'share of the calls that pass before the ControlNet acts',
    },
    {
      kind: 'number',
      name: 'controlUntil',
      option: 'until',
      min: 0,
      max: 1,
      hint: 'share',
      help: 'share of the calls after which the ControlNet acts no more',
    },
  ],
  async create({ network, image, ...options }, context) {
    const stray = ['name', 'readImage'].find((each) => Object.hasOwn(options, each));
    if (stray) throw new Error(`${stray}: cannot be given here`);
    const { userFiles } = context;
    const read = await readControlNet(networkFiles(network, context)).catch((cause: unknown) => {
      throw context.folder ? cause : unreadable(String(network), cause);
    });
    const made = controlnet(read, {
      ...options,
      ...(userFiles ? { readImage: (path) => userFiles.readImage(path) } : {}),
    });
    if (image === undefined) return made;
    const standing = parsePath(image, 'image');
    return {
      ...made,
      parseOptions: (given, path) =>
        made.parseOptions!({ image: standing, ...(given as object | undefined) }, path),
    };
  },
};

function parsePath(given: unknown, path: string): string {
  if (typeof given === 'string' && given !== '') return given;
  throw new Error(`${path}: must be the path of a picture, not ${showValue(given)}`);
}

/** The error of a network that a person names. */
function unreadable(network: string, cause: unknown): Error {
  const fault = /\.(safetensors|pth|pt|ckpt|bin)$/i.test(network)
    ? 'is a single file; give a ControlNetModel directory, with config.json and diffusion_pytorch_model.safetensors ' +
      '(controlNetSource of @spatiallock/checkpoints opens single files in code)'
    : messageOf(cause);
  return new Error(`network: ${network}: ${fault}`, { cause });
}

function networkFiles(network: unknown, { folder, userFiles }: PluginContext): FileSource {
  if (folder) return folder;
  if (!userFiles)
    throw new Error('folder: is missing; declare the folder of the model that holds the ControlNet');
  if (typeof network === 'string' && network !== '') return filesBelow(userFiles, network);
  throw new Error(`network: must be the path of a ControlNetModel directory, not ${showValue(network)}`);
}
