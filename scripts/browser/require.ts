// `npm run verify` asks first, so that nobody waits twenty minutes to learn what is missing.

import { chromiumPath } from '@spatiallock/testing/chromium';

try {
  process.stdout.write(`Chromium: ${chromiumPath()}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
