// What model directories declare: what is accepted reads back the same, and names no file of the directory to run.

import { formatModelDeclaration, parseModelDeclaration } from '@spatiallock/core/modules';
import { must, targetOf } from '../target.js';
import { awkwardJson, edited } from '../values.js';

const whole = {
  name: 'tiny',
  version: 1,
  plugins: [
    { module: '@someone/plugin' },
    { module: '/home/me/plugin.mjs', export: 'made', options: { gain: 2 }, folder: 'gain' },
  ],
  detectors: {
    guides: { module: '@someone/detector/guide', folder: '@someone/detector/weights/guide' },
    judges: { module: 'detector' },
  },
  vocabulary: 'tokenizer/words.json',
  license: 'MIT',
};

export const declarations = targetOf({
  name: 'declarations',
  share: 4,
  inputs: edited([whole, { version: 1 }], awkwardJson, 3),
  read(json: unknown) {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return;
    const declaration = parseModelDeclaration(json as Record<string, unknown>);
    if (!declaration) return;
    const again = parseModelDeclaration(formatModelDeclaration(declaration));
    must(JSON.stringify(again) === JSON.stringify(declaration), 'means something else when it is read again');
    const { plugins, detectors } = declaration;
    for (const named of [...plugins, detectors.guides, detectors.judges]) {
      const { module = 'x', folder = 'x' } = named ?? {};
      must(!/^\.|^[a-z]+:(?![\\/])/i.test(module) && !/\.\.\//.test(folder), `names ${module} and ${folder}`);
    }
  },
  names: /^spatiallock\.json: /s,
});
