// Several LoRAs as one plugin: W + the sum of what each file adds.

import {
  type ComponentName,
  messageOf,
  type NetworkPart,
  PLUGIN_VERSION,
  type Plugin,
  type Tensors,
  type Value,
} from '@spatiallock/core';
import {
  checkFlag,
  checkKeys,
  checkList,
  checkNumber,
  checkObject,
  checkText,
  showValue,
} from '@spatiallock/core/checks';
import { type LoraCallOptions, type LoraOptions, lora } from './lora.js';
import type { LoraLayers } from './loraFile.js';
import { checkLayers } from './loraFile.js';

/** One of several files. */
export interface NamedLora {
  /** What errors call it: its path, as a rule. */
  readonly name: string;
  readonly layers: LoraLayers;
  /** Times what it adds, -10..10. Default 1. */
  readonly scale?: number;
}

/** What may differ from call to call. */
export interface LorasCallOptions extends LoraCallOptions {
  /** Times what each file adds, in the order of the files; default: those of the files. `scale` multiplies them all. */
  readonly scales?: readonly number[];
}

type Scales = Required<Pick<LorasCallOptions, 'scales'>>;

const SCALE = { min: -10, max: 10 };

/**
 * Adds what several files hold, each with a scale of its own. What files add to the same layer is summed, so that their
 * order changes nothing but rounding; a file that is given twice counts twice. Options are those of `lora`; `scale`
 * multiplies the scales of all files. Throws an error that names the file which is of another model.
 */
export function loras(files: readonly NamedLora[], options: LoraOptions = {}): Plugin<Scales> {
  checkList(files, 'files', 'files { name, layers }').forEach((file, i) => {
    const { name, layers } = checkObject(file, `files[${i}]`);
    checkText(name, `files[${i}].name`);
    checkLayers(layers, `files[${i}].layers`);
  });
  const {
    name = 'lora',
    scale = 1,
    merge = false,
  } = checkKeys(options, ['name', 'scale', 'merge'], 'loras') as LoraOptions;
  if (files.length === 0) throw new Error('loras: must be given one file or more');
  checkNumber(scale, SCALE, 'loras.scale');
  checkFlag(merge, 'loras.merge');
  const own = files.map(({ scale: each = 1 }, i) => checkNumber(each, SCALE, `files[${i}].scale`));
  const parts = files.map(({ layers }, i) =>
    lora(layers, { name: `${name}.${i + 1}`, scale: merge ? own[i]! * scale : own[i]!, merge }),
  );
  const mergeParams = (component: ComponentName, params: Tensors): Tensors =>
    parts.reduce((merged, part, i) => {
      try {
        return part.mergeParams?.(component, merged) ?? merged;
      } catch (cause) {
        const text = messageOf(cause).replace(`plugin ${part.name}: `, '');
        throw new Error(`plugin ${name}: ${files[i]!.name}: ${text}`, { cause });
      }
    }, params);
  const common = { name, pluginVersion: PLUGIN_VERSION, mergeParams } as const;
  if (merge) return common;
  return {
    ...common,
    params: Object.assign({}, ...parts.map(({ params }) => params)),
    parseOptions: (given, path) => parseScales(given, path, own, scale),
    network: (context) => combined(parts.map((part) => part.network!(context))),
    feed: (_rows, { options: { scales } }) => {
      const fed = feedOf(name, scales);
      return () => fed;
    },
    text: {
      network: (context) => combined(parts.map((part) => part.text!.network!(context))),
      feed: ({ scales }) => feedOf(name, scales),
    },
  };
}

function parseScales(given: unknown, path: string, own: readonly number[], standard: number): Scales {
  const { scale = standard, scales = own } = checkKeys(given ?? {}, ['scale', 'scales'], path);
  const all = checkNumber(scale, SCALE, `${path}.scale`);
  if (!Array.isArray(scales) || scales.length !== own.length) {
    throw new Error(
      `${path}.scales: must be ${own.length} numbers, one for each file, not ${showValue(scales)}`,
    );
  }
  return { scales: scales.map((each, i) => all * checkNumber(each, SCALE, `${path}.scales[${i}]`)) };
}

const feedOf = (name: string, scales: readonly number[]): Tensors =>
  Object.fromEntries(
    scales.map((scale, i) => [
      `${name}.${i + 1}.scale`,
      { dtype: 'float32', shape: [], data: Float32Array.of(scale) },
    ]),
  );

/** One part after the other changes a parameter. */
function combined(parts: readonly Pick<NetworkPart, 'inputs' | 'hooks'>[]) {
  const inputs: Readonly<Record<string, Value>> = Object.assign({}, ...parts.map((part) => part.inputs));
  const parameter = (full: string, value: Value): Value =>
    parts.reduce((changed, { hooks }) => hooks?.parameter?.(full, changed) ?? changed, value);
  return { inputs, hooks: { parameter } };
}
