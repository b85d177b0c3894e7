// Attention guidance as a module that models declare and commands load: `--plugin @spatiallock/attention-guidance`.

import { PLUGIN_VERSION, type PluginDefinition } from '@spatiallock/core';
import { attentionGuidance } from './attentionGuidance.js';

/** The options of a declaration are those of `attentionGuidance`. */
export const plugin: PluginDefinition = {
  name: 'attentionGuidance',
  pluginVersion: PLUGIN_VERSION,
  settings: [
    {
      kind: 'number',
      name: 'attentionScale',
      option: 'lossScale',
      min: 0,
      max: 1e6,
      hint: 'scale',
      help: "how far attention guidance moves objects into their boxes; 0 is off; default the method's own",
    },
    {
      kind: 'number',
      name: 'attentionUntil',
      option: 'until',
      min: 0,
      max: 1,
      hint: 'share',
      help: "share of the calls, from the first, before which attention guidance moves; default the method's own",
    },
  ],
  create: (options) => attentionGuidance(options),
};
