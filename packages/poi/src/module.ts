// PoI as a module that models declare and commands load.

import { PLUGIN_VERSION, type PluginDefinition } from '@spatiallock/core';
import { poiLayoutFields } from './hold.js';
import { poi } from './poi.js';

/** The options of a declaration are those of `poi`. */
export const plugin: PluginDefinition = {
  name: 'poi',
  pluginVersion: PLUGIN_VERSION,
  title: 'PoI',
  fullTitle: 'Position-Engaged Injection',
  layoutFields: poiLayoutFields,
  settings: [
    {
      kind: 'number',
      name: 'strength',
      option: 'strength',
      min: 0,
      max: 10,
      standard: 1,
      hint: '1',
      help: 'how strongly objects are held to their boxes; 0 is off',
      control: { title: 'PoI strength', min: 0, max: 2, step: 0.05 },
    },
    {
      kind: 'number',
      name: 'poiUntil',
      option: 'until',
      min: 0,
      max: 1,
      hint: 'share',
      help: "share of the calls, from the first, in which objects are held to their boxes, 0..1; default: the model's own",
    },
    {
      kind: 'switch',
      name: 'nullTokens',
      option: 'nullTokens',
      use: 'ablation',
      help: "ablation: replace every object's grounding by PoI's learned nulls",
    },
  ],
  settle({ given }) {
    if (given.strength === 0 && given.until !== undefined) {
      throw new Error('poiUntil: has no effect where strength is 0; leave one of them out');
    }
    return given;
  },
  create: (options) => poi(options),
};
