// `npm run soak:throughput`: what does a worker of a queue paint beside a single process?

import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { wholeNumber } from '@spatiallock/cli/command';
import { runCommand } from '@spatiallock/research-harness';
import { startRedis } from '@spatiallock/testing/redis';
import { runCommandLine, startCommandLine } from './killedCommand.js';
import { writeLayouts } from './sceneLayouts.js';

const LEAST_RATIO = 0.9;
/** Ticks of the system's clock in a second. */
const TICKS = 100;

interface Measured {
  /** Pictures a second, from the first batch that is there to the last. */
  readonly rate: number;
  /** Processor seconds a picture of whoever paints. */
  readonly cost: number;
}

await runCommand({
  name: 'soak:throughput',
  description: 'Make the same data set by one process, and by one worker over Redis, one after the other.',
  args: {
    count: { type: 'string', valueHint: '96', description: 'pictures; default 96' },
    steps: { type: 'string', valueHint: '8', description: 'default 8' },
  },
  async run(flags, { say }) {
    const count = wholeNumber(flags, 'count', { min: 32 }) ?? 96;
    const steps = wholeNumber(flags, 'steps', { min: 1 }) ?? 8;
    const folder = await mkdtemp(join(tmpdir(), 'spatiallock-throughput-'));
    const redis = await startRedis();
    try {
      const layouts = await writeLayouts(folder, count);
      const words = [
        'dataset',
        '--layouts',
        layouts,
        '--steps',
        `${steps}`,
        '--batch',
        '8',
        '--verify',
        'builtin',
      ];
      const alone = join(folder, 'alone');
      const process = startCommandLine([...words, '--threads', '1', '--out', alone]);
      const single = await measured(process.pid!, alone, ended(process));
      const queued = join(folder, 'queued');
      const worker = startCommandLine(['worker', '--queue', redis.url, '--threads', '1']);
      worker.stderr.resume();
      const making = runCommandLine([...words, '--out', queued, '--queue', redis.url], 'painting');
      const shared = await measured(worker.pid!, queued, making).finally(() => worker.kill());
      const line = ({ rate, cost }: Measured): string =>
        `${rate.toFixed(2)} pictures a second, ${cost.toFixed(3)} s of processor time a picture`;
      say(`one process: ${line(single)}`);
      say(`one worker:  ${line(shared)}`);
      const ratio = single.cost / shared.cost;
      say(
        `ratio ${ratio.toFixed(3)} by processor time, ${(shared.rate / single.rate).toFixed(3)} by the clock`,
      );
      if (!(ratio >= LEAST_RATIO))
        throw new Error(`soak: a worker paints ${ratio.toFixed(3)} of a single process`);
    } finally {
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
});

type Child = ReturnType<typeof startCommandLine>;

function ended(child: Child): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr.on('data', (piece) => {
      text += String(piece);
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`soak: code ${code}\n${text}`))));
  });
}

/** Watches the records of a data set that is made, and the processor time of who paints it. */
async function measured(pid: number, out: string, making: Promise<unknown>): Promise<Measured> {
  let done = false;
  const finished = making.finally(() => {
    done = true;
  });
  finished.catch(() => undefined);
  const records = join(out, 'records');
  let [first, last] = [0, 0];
  let [from, until] = [0, 0];
  while (!done) {
    await sleep(50);
    const there = (await readdir(records).catch(() => [])).filter((name) => name.endsWith('.json')).length;
    const used = await processorSeconds(pid).catch(() => undefined);
    if (there === 0 || used === undefined || there === last) continue;
    if (first === 0) [first, from] = [there, used];
    [last, until] = [there, used];
  }
  await finished;
  const times = await Promise.all(
    (await readdir(records)).map(async (name) => (await stat(join(records, name))).mtimeMs),
  );
  times.sort((a, b) => a - b);
  const seconds = (times.at(-1)! - times[first - 1]!) / 1000;
  return { rate: (times.length - first) / seconds, cost: (until - from) / (last - first) };
}

async function processorSeconds(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
