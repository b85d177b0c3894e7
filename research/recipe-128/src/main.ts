// `npm run train:emoji-128`: the whole recipe of the model of 64 words at 128 px. It resumes where it was stopped.

import { choice, InputError, number, positive, text, wholeNumber } from '@spatiallock/cli/command';
import { RESUMES, runCommand } from '@spatiallock/research-harness';
import { pogChoices, pogPaths } from './pog.js';
import { trainEmoji } from './train.js';

await runCommand({
  name: 'train:emoji-128',
  description: 'Train the embedded model. SPATIALLOCK_RUN names the folder of the run.',
  kept: RESUMES,
  args: {
    continue: { type: 'boolean', description: 'train the published U-Net on, on new scenes' },
    steps: { type: 'string', valueHint: 'n', description: 'of the U-Net; default the whole run' },
    peak: { type: 'string', valueHint: '0.001', description: "peak of the U-Net's learning rate" },
    pog: {
      type: 'string',
      valueHint: pogChoices.join('|'),
      description: 'Position-Guided Learning takes part',
    },
    sampled: {
      type: 'string',
      valueHint: '640',
      description:
        "layouts whose states of the published model's own sampling PoG's image path looks at, too",
    },
    decoder: { type: 'boolean', description: 'train the published decoder on first' },
    sharpen: { type: 'boolean', description: 'train the whole published autoencoder on first' },
    mean: {
      type: 'string',
      valueHint: 'dir',
      description: 'start in the middle between the published weights and those of this model directory',
    },
  },
  async run(flags, context) {
    const path = choice(flags, 'pog', pogChoices);
    const request = {
      continued: flags.has('continue'),
      steps: wholeNumber(flags, 'steps', { min: 1 }),
      peak: number(flags, 'peak', positive),
      pog: path === undefined ? undefined : pogPaths[path],
      sampled: wholeNumber(flags, 'sampled', { min: 1 }),
      decoder: flags.has('decoder'),
      sharpen: flags.has('sharpen'),
      mean: text(flags, 'mean'),
    };
    if (request.sampled !== undefined && !request.pog?.image) {
      throw new InputError("--sampled: only PoG's image path looks at them; add --pog image or --pog both");
    }
    if (request.mean !== undefined && !request.continued) {
      throw new InputError('--mean: needs --continue, whose weights it moves');
    }
    await trainEmoji(request, context);
  },
});
