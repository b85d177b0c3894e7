// `npm run fuzz -- --seed 1 --count 10000`: inputs near valid ones, for every reader of what users hand over.

import { choice, wholeNumber } from '@spatiallock/cli/command';
import { runCommand } from '@spatiallock/research-harness';
import { campaign } from './campaign.js';
import { showInput } from './showInput.js';
import { targets } from './targets/index.js';
import { watchdog } from './watchdog.js';

const names = targets.map(({ name }) => name);

await runCommand({
  name: 'fuzz',
  description:
    'Hand inputs near valid ones to every reader: no crash, no hang, no bare error, no wrong acceptance.',
  args: {
    seed: {
      type: 'string',
      valueHint: '1',
      description: 'which inputs; default a fresh seed, which is printed',
    },
    count: {
      type: 'string',
      valueHint: '10000',
      description: 'inputs of all targets together; default 10000',
    },
    target: { type: 'string', valueHint: names[0]!, description: `one of ${names.join(', ')}; default all` },
  },
  async run(flags, { signal, say }) {
    const seed = wholeNumber(flags, 'seed', { min: 0, max: 2 ** 31 - 1 }) ?? Math.floor(Math.random() * 1e9);
    const count = wholeNumber(flags, 'count', { min: 1 }) ?? 10_000;
    const only = choice(flags, 'target', names);
    const chosen = targets.filter(({ name }) => only === undefined || name === only);
    say(`seed ${seed}`);
    const guard = watchdog(
      chosen.map(({ name }) => name),
      seed,
    );
    const faults = await campaign({
      targets: chosen,
      count,
      seed,
      signal,
      onInput: guard.begin,
      onTarget: ({ name }, inputs, milliseconds) =>
        say(`${name.padEnd(16)} ${String(inputs).padStart(7)} inputs  ${(milliseconds / 1000).toFixed(1)} s`),
    });
    await guard.close();
    for (const { target, what, input } of faults) say(`\n${target}: ${what}\n  input: ${showInput(input)}`);
    if (faults.length > 0) {
      throw new Error(
        `fuzz: ${faults.length} faults; the same again: npm run fuzz -- --seed ${seed} --count ${count}`,
      );
    }
  },
});
