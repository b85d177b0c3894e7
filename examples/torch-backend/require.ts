// `npm run torch`: whether a Python with PyTorch is there, which the tests of this example run.

import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';

/** The first of `PYTHON`, `python3` and Debian's own that has PyTorch; throws, and says what to install. */
export function torchPython(): string {
  const candidates = [process.env.PYTHON, 'python3', '/usr/bin/python3'];
  const found = candidates.find((python) => python && hasTorch(python));
  if (found) return found;
  throw new Error(
    'No Python with PyTorch: install it (on Debian `apt-get install python3-torch`, else `pip install torch`), ' +
      'or set PYTHON to the path of an interpreter that has it.',
  );
}

const hasTorch = (python: string): boolean =>
  spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0;

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    process.stdout.write(`PyTorch: ${torchPython()}\n`);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
