// Every session of the runtime that is created is released.

import { fromPretrained, input, type Layout, negate } from '@spatiallock/core';
import { fixtureModel } from '@spatiallock/testing';
import { InferenceSession } from 'onnxruntime-node';
import { afterEach, expect, it, vi } from 'vitest';
import { cpu } from '../src/index.js';

afterEach(() => vi.restoreAllMocks());

/** A backend, and how many sessions the runtime has created and released since. */
async function counted() {
  const backend = cpu({ threads: 1 });
  const create = vi.spyOn(InferenceSession, 'create');
  const first = await backend.compile(graph, {});
  const session = await create.mock.results[0]!.value;
  await first.dispose();
  create.mockClear();
  const release = vi.spyOn(Object.getPrototypeOf(session) as Pick<typeof session, 'release'>, 'release');
  return {
    backend,
    count: () => ({ created: create.mock.calls.length, released: release.mock.calls.length }),
  };
}

const x = input('x', [1]);
const graph = { inputs: { x }, params: {}, outputs: { y: negate(x) } };

it('an executable releases its session once, however often it is disposed of', async () => {
  const { backend, count } = await counted();
  const compiled = await backend.compile(graph, {});
  await Promise.all([compiled.dispose(), compiled.dispose()]);
  await backend.dispose();
  expect(count()).toEqual({ created: 1, released: 1 });
});

it('a backend releases the sessions that are left', async () => {
  const { backend, count } = await counted();
  await backend.compile(graph, {});
  await backend.compile(graph, {});
  await backend.dispose();
  expect(count()).toEqual({ created: 2, released: 2 });
});

it('a pipeline releases all that it compiled, for batches of any size', async () => {
  const { backend, count } = await counted();
  const pipe = await fromPretrained(fixtureModel(), { backend });
  const layout: Layout = { prompt: 'a dog', objects: [] };
  const quick = { steps: 1, scheduler: 'ddim' } as const;
  await pipe.generate(layout, quick);
  await pipe.generate([layout, layout], quick);
  expect(count().created).toBeGreaterThan(3);
  await pipe.dispose();
  expect(count().released).toBe(count().created);
  await backend.dispose();
  expect(count().released).toBe(count().created);
}, 300_000);
