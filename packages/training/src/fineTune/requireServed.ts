// Plugins that a training cannot serve as a pipeline does.

import {
  type ComponentName,
  isFrozen,
  type Plugin,
  sizeOf,
  type Tensors,
  type Values,
} from '@spatiallock/core';
import type { LoadedModel } from '@spatiallock/core/pipeline';

const REMEDY = 'leave the plugin out of the training, or give a base that has its changes merged in';

/**
 * Throws, naming the plugin, where it changes the text encoder or the weights that others learn beside, or brings parameters
 * of the graph, `asked`, that would learn: a training takes texts and weights from the base as they are, and saves what learnt
 * into the model, which would not be the one that then paints with the plugin.
 */
export function requireServed(plugins: readonly Plugin[], model: LoadedModel, asked: Values): void {
  for (const plugin of plugins) {
    const fault = unserved(plugin, plugins, model, asked);
    if (fault !== undefined) throw new Error(`plugins: ${plugin.name}: ${fault}; ${REMEDY}`);
  }
}

function unserved(
  plugin: Plugin,
  plugins: readonly Plugin[],
  { unet, textEncoder }: LoadedModel,
  asked: Values,
): string | undefined {
  if (plugin.text) return 'changes the text encoder, and texts of a training are encoded by that of the base';
  const brought = Object.keys(plugin.params ?? {}).find(
    (name) => Object.hasOwn(asked, name) && !isFrozen(plugins, name),
  );
  if (brought !== undefined) {
    return `brings the parameter ${brought}, and only parameters that it keeps frozen can be brought to a training`;
  }
  const merged =
    mergedName(plugin, 'unet', { ...standIns(asked), ...unet.params }) ??
    mergedName(plugin, 'text_encoder', textEncoder.params);
  return merged && `merges weights of its own into ${merged}, and a training learns beside those of the base`;
}

/** The first parameter that a plugin changes before it is compiled; many only look whether they are there. */
function mergedName(plugin: Plugin, component: ComponentName, params: Tensors): string | undefined {
  const merged = plugin.mergeParams?.(component, params) ?? params;
  const changed = Object.keys({ ...params, ...merged }).find((name) => merged[name] !== params[name]);
  return changed && `${component}/ (${changed})`;
}

/** What the model will have once it is trained: shapes count, and numbers are made only for a plugin that reads them. */
const standIns = (asked: Values): Tensors =>
  Object.fromEntries(
    Object.entries(asked).map(([name, { shape }]) => [
      name,
      {
        dtype: 'float32',
        shape,
        get data() {
          return new Float32Array(sizeOf(shape));
        },
      },
    ]),
  );
