// PoG as a module that models declare and commands load: guidance by the model's detector, or a loss in training.

import { PLUGIN_VERSION, type PluginDefinition } from '@spatiallock/core';
import { checkKeys, checkNumber, showValue } from '@spatiallock/core/checks';
import { pog } from './pog.js';

const STRENGTH = { min: 0, max: 1 };
const OPTIONS = ['recommended', 'strength', 'until', 'repeats', 'stop', 'train'];

/**
 * Options of a declaration: `recommended`, the strength where nobody says one and the detector that guides knows every
 * object; `strength`, default 0 without `recommended`, `until`, `repeats` and `stop` of the guidance; `train: 'feature'` for the
 * perception loss in training instead.
 */
export const plugin: PluginDefinition = {
  name: 'pog',
  pluginVersion: PLUGIN_VERSION,
  title: 'PoG',
  fullTitle: 'Position-Guided Learning',
  settings: [
    {
      kind: 'number',
      name: 'pog',
      option: 'strength',
      ...STRENGTH,
      standard: 0,
      hint: 'strength',
      help: "how far a detector moves objects into their boxes, such as 0.03; 0 is off; default: the model's own, else 0",
      control: { title: 'PoG guidance', min: 0, max: 0.2, step: 0.01 },
    },
    {
      kind: 'choice',
      name: 'pog',
      option: 'train',
      choices: ['feature'],
      use: 'training',
      help: 'add the perception loss of PoG: feature',
    },
  ],
  settle({ given, declared, layouts, ablated, guideKnows }) {
    const objects = layouts.flatMap((layout) => layout.objects);
    const unknown = guideKnows && objects.find(({ phrase }) => !guideKnows(phrase));
    if (given.strength === undefined) {
      const { recommended = 0 } = declared ?? {};
      const pays = guideKnows !== undefined && unknown === undefined && objects.length > 0 && !ablated;
      return pays && recommended !== 0 ? { ...given, strength: recommended } : undefined;
    }
    if (given.strength === 0) return undefined;
    if (unknown !== undefined) {
      throw new Error(
        `pog: the detector that guides does not know ${showValue(unknown.phrase)}; leave it out or give 0`,
      );
    }
    if (objects.length === 0)
      throw new Error('pog: has no effect, for there is no object to move; leave it out');
    return given;
  },
  async create(options, context) {
    const { train, recommended, ...guidance } = checkKeys(options, OPTIONS, 'pog');
    if (train === 'feature') return pog({ training: { feature: {} } });
    if (train !== undefined) throw new Error(`pog.train: must be feature, not ${showValue(train)}`);
    const strength =
      recommended === undefined
        ? { strength: 0 }
        : { recommended: checkNumber(recommended, STRENGTH, 'pog.recommended') };
    return pog({ guidance: { ...strength, ...guidance, detector: await context.guide() } });
  },
};
