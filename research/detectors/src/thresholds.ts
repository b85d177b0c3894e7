// `npm run thresholds`: what weakest score the judge should be believed at, on real wide scenes that it never saw.

import { cpu } from '@spatiallock/backend-onnx';
import { centerDetector } from '@spatiallock/detectors';
import { directory } from '@spatiallock/node';
import { runCommand, seedRanges } from '@spatiallock/research-harness';
import { loadArt } from '@spatiallock/scenes';
import { detectOnScenes } from './evaluate.js';
import { precisionRecall } from './precisionRecall.js';
import { judgeScenes } from './stage.js';
import { judgeDirectory } from './weights.js';

const SCENES = 400;
/** Far behind the scenes of the judge's training. */
const FURTHER_SEEDS = 9_000_000;
const THRESHOLDS = [0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5];

await runCommand({
  name: 'thresholds',
  description: 'Measure what weakest score the judge should be believed at.',
  args: {},
  async run(_, { say }) {
    const backend = cpu();
    const folder = judgeDirectory;
    const judge = await centerDetector({ backend, files: directory(folder) });
    const scenes = { ...judgeScenes, variety: 'wide' } as const;
    const pictures = await detectOnScenes(judge, await loadArt(), {
      ...{ count: SCENES, firstSeed: seedRanges.detector + FURTHER_SEEDS },
      scenes,
    });
    for (const threshold of THRESHOLDS) {
      const figures = Object.entries(precisionRecall(pictures, threshold));
      say([threshold.toFixed(2), ...figures.map(([name, value]) => `${name} ${value.toFixed(4)}`)].join(' '));
    }
    await judge.dispose();
    await backend.dispose();
  },
});
