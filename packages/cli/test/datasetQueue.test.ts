import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@spatiallock/testing';
import { freePort, type Redis, startRedis } from '@spatiallock/testing/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
function startWorker(services: Services, lease = '2') {
  const controller = new AbortController();
  const ended = runHere(['worker', '--queue', url, '--lease', lease], {
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
    // Other batches may have failed meanwhile: each is reported once, and tried again.
    let again = await go();
    for (let i = 0; i < 4 && again.code !== 0; i++) again = await go();
    expect(again.code).toBe(0);
    await worker.stop();
    expect(contentsOf(cwd)).toEqual(await alone(['--seed', '31']));
  });

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
