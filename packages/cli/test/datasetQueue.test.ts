import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@spatiallock/testing';
import { freePort, type Redis, startRedis } from '@spatiallock/testing/redis';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QUEUE } from '../src/dataset/queue.js';
import { leaseOptions } from '../src/dataset/worker.js';
import type { Services } from '../src/index.js';
import { fakeServices, runHere } from './support.js';

let redis: Redis;
let url: string;

beforeAll(async () => {
  redis = await startRedis();
  url = redis.url;
}, 60_000);

afterAll(() => redis?.stop());

const PHRASES = ['a dog', 'a cat', 'a fox', 'a cow', 'a pig', 'a frog', 'a lion'];

function folderWithLayouts(): string {
  const folder = temporaryFolder();
  const layouts = PHRASES.map((phrase) => ({ prompt: phrase, objects: [{ phrase, box: [0, 0, 0.5, 0.5] }] }));
  writeFileSync(join(folder, 'layouts.json'), JSON.stringify(layouts));
  return folder;
}

const words = ['dataset', '--layouts', 'layouts.json', '-o', 'set', '--batch', '2', '--duplicates', 'keep'];

/** All files of the data set, as text of bytes. */
const contentsOf = (cwd: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(join(cwd, 'set'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort()
      .map((path) => [path.slice(cwd.length), readFileSync(path).toString('latin1')]),
  );

async function alone(more: readonly string[] = []): Promise<Record<string, string>> {
  const cwd = folderWithLayouts();
  const { code } = await runHere([...words, ...more], { cwd, services: fakeServices().services });
  expect(code).toBe(0);
  return contentsOf(cwd);
}

/** A worker that runs until `stop`. */
function startWorker(services: Services, lease = '2', address = url) {
  const controller = new AbortController();
  const ended = runHere(['worker', '--queue', address, '--lease', lease], {
    cwd: temporaryFolder(),
    services,
    signal: controller.signal,
  });
  ended.catch(() => undefined);
  return {
    stop: () => {
      controller.abort();
      return ended;
    },
  };
}

describe('dataset --queue', () => {
  it('has the bytes of one process, whoever of several workers paints', async () => {
    const cwd = folderWithLayouts();
    const fakes = [fakeServices(), fakeServices()];
    const workers = fakes.map(({ services }) => startWorker(services));
    const own = fakeServices();
    const { code, stderr } = await runHere([...words, '--queue', url], { cwd, services: own.services });
    expect([code, stderr]).toEqual([0, '']);
    for (const { stop } of workers) await stop();
    expect(contentsOf(cwd)).toEqual(await alone());
    expect(own.seeds).toEqual([]);
    expect(fakes.flatMap(({ seeds }) => seeds).sort()).toEqual([1, 3, 5, 7]);
  });

  it('loses nothing when workers die with a batch in hand', async () => {
    const cwd = folderWithLayouts();
    // Hangs in its second batch for ever, as a machine that was switched off would.
    const dying = fakeServices();
    let streams = 0;
    const open: Services['open'] = async (...given) => {
      const model = await dying.services.open(...given);
      const stream: typeof model.pipe.stream = async function* (...more) {
        if (++streams === 2)
          await new Promise<void>((resolve) => died.signal.addEventListener('abort', () => resolve()));
        yield* model.pipe.stream(...more);
      };
      return { ...model, pipe: { ...model.pipe, stream } };
    };
    const died = new AbortController();
    const first = startWorker({ ...dying.services, open });
    const making = runHere([...words, '--seed', '11', '--queue', url], {
      cwd,
      services: fakeServices().services,
    });
    while (streams < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    await first.stop();
    const second = startWorker(fakeServices().services);
    expect((await making).code).toBe(0);
    await second.stop();
    died.abort();
    expect(contentsOf(cwd)).toEqual(await alone(['--seed', '11']));
  });

  it('ends where a worker fails, and the same command goes on', async () => {
    const cwd = folderWithLayouts();
    const failing = fakeServices();
    let broken = true;
    const open: Services['open'] = async (...given) => {
      if (broken) throw new Error('no memory for the model');
      return failing.services.open(...given);
    };
    const worker = startWorker({ ...failing.services, open });
    const go = () =>
      runHere([...words, '--seed', '31', '--queue', url], { cwd, services: fakeServices().services });
    const failed = await go();
    expect([failed.code, failed.stderr]).toEqual([1, expect.stringMatching(/a worker failed .*no memory/)]);
    broken = false;
    // Other batches may have failed meanwhile; their failures are not those of this run.
    expect(await go()).toMatchObject({ code: 0, stderr: '' });
    await worker.stop();
    expect(contentsOf(cwd)).toEqual(await alone(['--seed', '31']));
  });

  it('opens the model anew where its files or those of a plugin were changed in between', async () => {
    const cwd = folderWithLayouts();
    const lora = readFileSync(new URL('../../lora/test/fixtures/peft.safetensors', import.meta.url));
    writeFileSync(join(cwd, 'style.safetensors'), lora);
    writeFileSync(join(cwd, 'weights.bin'), 'one');
    const counted = () => {
      const fake = fakeServices();
      const open: Services['open'] = async (...given) => ({
        ...(await fake.services.open(...given)),
        places: [join(cwd, 'weights.bin')],
      });
      return { requests: fake.requests, services: { ...fake.services, open } };
    };
    const painting = counted();
    const worker = startWorker(painting.services);
    const go = async (out: string) => {
      const line = ['dataset', '--layouts', 'layouts.json', '-o', out, '--lora', 'style.safetensors'];
      const { code, stderr } = await runHere([...line, '--seed', '91', '--queue', url], {
        cwd,
        services: counted().services,
      });
      expect([code, stderr]).toEqual([0, '']);
      return painting.requests.length;
    };
    expect([await go('first'), await go('second')]).toEqual([1, 1]);
    writeFileSync(join(cwd, 'weights.bin'), 'two');
    expect(await go('third')).toBe(2);
    lora[Math.floor(lora.length * 0.75)]! ^= 1;
    writeFileSync(join(cwd, 'style.safetensors'), lora);
    expect(await go('fourth')).toBe(3);
    await worker.stop();
    const again = await runHere(
      ['dataset', '--layouts', 'layouts.json', '-o', 'third', '--lora', 'style.safetensors', '--seed', '91'],
      { cwd, services: counted().services },
    );
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('made with other settings')]);
  });

  it('withdraws what nobody has begun where it is stopped; another run of the same layouts asks for it anew', async () => {
    const controllers = [new AbortController(), new AbortController()];
    const go = (cwd: string, signal: AbortSignal) =>
      runHere([...words, '--seed', '51', '--queue', url], {
        ...{ cwd, signal },
        services: fakeServices().services,
      });
    const queue = new Queue(QUEUE, { connection: { url } });
    const waiting = async (count: number) => {
      while ((await queue.getWaitingCount()) !== count) await new Promise((r) => setTimeout(r, 20));
    };
    const other = folderWithLayouts();
    const [stopped, going] = controllers.map(({ signal }, i) =>
      go(i === 0 ? folderWithLayouts() : other, signal),
    );
    await waiting(4);
    controllers[0]!.abort();
    expect(await stopped).toMatchObject({ code: 130 });
    await waiting(4);
    const worker = startWorker(fakeServices().services);
    expect(await going).toMatchObject({ code: 0, stderr: '' });
    await worker.stop();
    expect(contentsOf(other)).toEqual(await alone(['--seed', '51']));

    const last = go(folderWithLayouts(), controllers[1]!.signal);
    await waiting(4);
    controllers[1]!.abort();
    expect(await last).toMatchObject({ code: 130 });
    expect(await queue.getWaitingCount()).toBe(0);
    await queue.close();
  });

  it.each([
    [
      'a password that is missing',
      '',
      /--queue: Redis at 127\.0\.0\.1:\d+ asks for a password; write redis:\/\/:password@127/,
    ],
    ['a wrong one', ':wr0ng@', /--queue: Redis at 127\.0\.0\.1:\d+ refuses the user or the password/],
  ])('refuses %s, in both commands', async (_, credentials, message) => {
    const locked = await startRedis(['--requirepass', 'secret']);
    const address = locked.url.replace('//', `//${credentials}`);
    for (const line of [words, ['worker']]) {
      const { code, stdout, stderr } = await runHere([...line, '--queue', address], {
        cwd: folderWithLayouts(),
        services: fakeServices().services,
      });
      expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
      expect(stdout + stderr).not.toMatch(/wr0ng|waits for jobs/);
    }
    await locked.stop();
  });

  it('says once that no worker is there, and waits for one', async () => {
    const making = runHere([...words, '--seed', '71', '--queue', url], {
      cwd: folderWithLayouts(),
      services: fakeServices().services,
    });
    // Longer than it waits before it looks.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    const worker = startWorker(fakeServices().services);
    const { code, stderr } = await making;
    await worker.stop();
    const { host } = new URL(url);
    const line = `warning: --queue: no worker is connected to ${host}; start one: spatiallock worker --queue ${url}\n`;
    expect([code, stderr]).toEqual([0, line]);
  });

  it('does not say so where one is there', async () => {
    const slow = fakeServices();
    const open: Services['open'] = async (...given) => {
      await new Promise((resolve) => setTimeout(resolve, 6000));
      return slow.services.open(...given);
    };
    const worker = startWorker({ ...slow.services, open });
    const { code, stderr } = await runHere([...words, '--seed', '81', '--queue', url], {
      cwd: folderWithLayouts(),
      services: fakeServices().services,
    });
    await worker.stop();
    expect([code, stderr]).toEqual([0, '']);
  });

  it('refuses a database that Redis does not have, in both commands', async () => {
    for (const line of [words, ['worker']]) {
      const { code, stderr } = await runHere([...line, '--queue', `${url}/99`], {
        cwd: folderWithLayouts(),
        services: fakeServices().services,
      });
      expect([code, stderr]).toEqual([2, expect.stringContaining('has no database 99')]);
    }
  });

  it('goes on after a Redis that was gone for some seconds, and has forgotten all', async () => {
    const port = await freePort();
    const before = await startRedis([], port);
    const cwd = folderWithLayouts();
    const fake = fakeServices();
    const painting = runHere([...words, '--seed', '97', '--queue', before.url], {
      cwd,
      services: fakeServices().services,
    });
    const queue = new Queue(QUEUE, { connection: { url: before.url } });
    while ((await queue.getWaitingCount()) !== 4) await new Promise((r) => setTimeout(r, 20));
    await queue.close();
    await before.stop();
    await new Promise((resolve) => setTimeout(resolve, 4000));
    const after = await startRedis([], port);
    const worker = startWorker(fake.services, '2', after.url);
    const { code, stderr } = await painting;
    await worker.stop();
    await after.stop();
    expect([code, stderr.replace(/^warning: --queue: no worker.*\n/, '')]).toEqual([0, '']);
    expect(contentsOf(cwd)).toEqual(await alone(['--seed', '97']));
  }, 60_000);

  it('says where no Redis answers', async () => {
    const nowhere = `redis://127.0.0.1:${await freePort()}`;
    const { code, stderr } = await runHere([...words, '--queue', nowhere], {
      cwd: folderWithLayouts(),
      services: fakeServices().services,
    });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/Redis at 127\.0\.0\.1:\d+ does not answer/)]);
  });

  it.each([
    [2, 2000, 2000],
    [60, 60_000, 30_000],
  ])(
    'takes over a batch after %d s without a sign of life, and looks every 30 s at least',
    (seconds, lock, every) => {
      expect(leaseOptions(seconds)).toMatchObject({ lockDuration: lock, stalledInterval: every });
    },
  );

  it.each([
    [[...words, '--queue', 'localhost'], /--queue: must be an address/],
    [[...words, '--queue', 'redis://localhost:99999'], /--queue: must be an address .*, not redis:.*99999/],
    [['worker', '--queue', 'redis://localhost:notaport'], /--queue: must be an address/],
    [['worker', '--queue', 'redis://localhost/first'], /--queue: must be an address/],
    [['worker', '--queue', 'redis://:pa#s@h:1'], /not \.\.\.@h:1; special characters/],
    [['worker', '--queue', 'redis://:%zz@h:1'], /not \.\.\.@h:1; special characters/],
    [['worker'], /--queue: is missing/],
    [['worker', '--queue', 'redis://h', '--lease', '1'], /--lease/],
  ])('%j ends with code 2', async (line, message) => {
    const { code, stderr } = await runHere(line, {
      cwd: folderWithLayouts(),
      services: fakeServices().services,
    });
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});
