// `npm run sweep -- --count 64 '{}' '{"pog":{"strength":0.03,"until":0.4}}'`: which sampling settings place best?

import { runCommand } from '@spatiallock/research-harness';
import { readSweep, sweepArgs } from './settings.js';
import { sweep } from './sweep.js';

await runCommand({
  name: 'sweep',
  description: 'Paint the same held-out layouts by each of some sampling settings, and judge them.',
  args: sweepArgs,
  run: (flags, context) => sweep(readSweep(flags), context),
});
