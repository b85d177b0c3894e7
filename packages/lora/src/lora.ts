// LoRA (Hu et al., arXiv 2106.09685) as a plugin: weights are changed as the networks ask for them.

import {
  add,
  type ComponentName,
  input,
  multiply,
  normal,
  PLUGIN_VERSION,
  type Plugin,
  type Scope,
  type Tensor,
  type Tensors,
  tensor,
  type Value,
} from '@spatiallock/core';
import { checkFlag, checkKeys, checkNumber, checkText } from '@spatiallock/core/checks';
import { delta, fits } from './delta.js';
import { layerPrefixes } from './layerNames.js';
import { checkLayers, type LoraLayer, type LoraLayers, loraFactor } from './loraFile.js';
import { mergedWeight } from './mergedWeight.js';

/** What may differ from call to call: `generate(layout, { plugins: { lora: { scale: 0.5 } } })`. */
export interface LoraCallOptions {
  /** Times what the file adds, -10..10; 0 is off. Default 1. */
  readonly scale?: number;
}

/** Options of `lora`. */
export interface LoraOptions extends LoraCallOptions {
  /**
   * Whether the weights are changed once, when a pipeline is made, instead of in each call: calls cost nothing more, and
   * take no scale. Making the pipeline takes seconds for a full-size model. Default false.
   */
  readonly merge?: boolean;
  /** Names the plugin, and tells several of them apart. Default `lora`. */
  readonly name?: string;
}

const SCALE = { min: -10, max: 10 };

/** The file's name of the layer that a weight belongs to, if it has one. */
function layerName(layers: LoraLayers, component: ComponentName, parameter: string): string | undefined {
  if (!parameter.endsWith('.weight')) return undefined;
  const path = parameter.slice(0, -'.weight'.length);
  const [kohya, peft] = layerPrefixes[component];
  return [kohya + path.replaceAll('.', '_'), peft + path].find((name) => layers.has(name));
}

/**
 * Adds what `readLora` read to the U-Net and the text encoder. The scale of a call stands over the one given here.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { cpu } from '@spatiallock/backend-onnx';
 * import { lora, readLora } from '@spatiallock/lora';
 * import { fromPretrained } from '@spatiallock/node';
 *
 * const style = lora(readLora(await readFile('style.safetensors')));
 * const pipe = await fromPretrained('my-model', { backend: cpu(), plugins: [style] });
 * await pipe.generate({ prompt: 'a cat', objects: [] }, { plugins: { lora: { scale: 0.5 } } });
 * ```
 */
export function lora(layers: LoraLayers, options: LoraOptions = {}): Plugin<Required<LoraCallOptions>> {
  checkLayers(layers, 'layers');
  const fields = checkKeys(options, ['name', 'scale', 'merge'], 'lora') as LoraOptions;
  const { name = 'lora', scale: own = 1, merge = false } = fields;
  checkText(name, 'lora.name');
  checkNumber(own, SCALE, 'lora.scale');
  if (checkFlag(merge, 'lora.merge')) return mergedLora(name, layers, own);
  const scaleInput = `${name}.scale`;
  const part = (component: ComponentName, root: Scope) => {
    const scale = input(scaleInput, []);
    const parameter = (full: string, value: Value): Value => {
      const layer = layerName(layers, component, full);
      if (layer === undefined) return value;
      return add(value, multiply(additionOf(root.at(name), layer, layers.get(layer)!, value), scale));
    };
    return { inputs: { [scaleInput]: scale }, hooks: { parameter } };
  };
  const feed = ({ scale }: Required<LoraCallOptions>): Tensors => ({ [scaleInput]: tensor([scale], []) });
  return {
    name,
    pluginVersion: PLUGIN_VERSION,
    params: paramsOf(name, layers),
    mergeParams(component, params) {
      requireKnown(name, layers, component, params);
      return params;
    },
    parseOptions(given, path) {
      const { scale = own } = checkKeys(given ?? {}, ['scale'], path);
      return { scale: checkNumber(scale, SCALE, `${path}.scale`) };
    },
    network: ({ scope }) => part('unet', scope),
    feed: (_rows, context) => {
      const fed = feed(context.options);
      return () => fed;
    },
    text: { network: ({ scope }) => part('text_encoder', scope), feed },
  };
}

/** The plugin that only changes weights, before they are compiled. */
function mergedLora(name: string, layers: LoraLayers, scale: number): Plugin<Required<LoraCallOptions>> {
  return {
    name,
    pluginVersion: PLUGIN_VERSION,
    mergeParams(component, params) {
      requireKnown(name, layers, component, params);
      const entries = Object.entries(params).map(([parameter, weight]) => {
        const layer = layerName(layers, component, parameter);
        return [
          parameter,
          layer === undefined ? weight : mergedWeight(weight, layers.get(layer)!, scale),
        ] as const;
      });
      return Object.fromEntries(entries);
    },
  };
}

function additionOf(scope: Scope, layer: string, { down, up, mid, alpha }: LoraLayer, like: Value): Value {
  const at = scope.at(layer);
  const asked = (name: string, { shape }: Tensor): Value => at.param(name, shape, normal(0.02));
  const parts = {
    down: asked('down', down),
    up: asked('up', up),
    ...(mid ? { mid: asked('mid', mid) } : {}),
  };
  return multiply(delta(parts, like), loraFactor({ down, alpha }));
}

function paramsOf(name: string, layers: LoraLayers): Tensors {
  const entries = [...layers].flatMap(([layer, { down, up, mid }]) =>
    Object.entries({ down, up, mid }).flatMap(([part, value]) =>
      value ? [[`${name}.${layer}.${part}`, value] as const] : [],
    ),
  );
  return Object.fromEntries(entries);
}

/** Throws, naming a layer, where the file was made for another model. */
function requireKnown(name: string, layers: LoraLayers, component: ComponentName, params: Tensors): void {
  const met = new Set<string>();
  for (const [parameter, { shape }] of Object.entries(params)) {
    const layer = layerName(layers, component, parameter);
    if (layer === undefined) continue;
    const { down, up, mid } = layers.get(layer)!;
    if (!fits({ down, up, mid }, shape)) {
      throw new Error(
        `plugin ${name}: ${layer} does not fit ${parameter} [${shape.join(', ')}]; it is of another model`,
      );
    }
    met.add(layer);
  }
  const own = [...layers.keys()].filter((layer) =>
    layerPrefixes[component].some((prefix) => layer.startsWith(prefix)),
  );
  const unmatched = own.filter((layer) => !met.has(layer));
  if (unmatched.length === 0) return;
  throw new Error(
    `plugin ${name}: ${unmatched.length} layers are not in the ${component}, such as ${unmatched[0]}; the file is of another model`,
  );
}
