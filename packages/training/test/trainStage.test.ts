import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { add, type Backend, mean, multiply, parameterStore, tensor, zeros } from '@spatiallock/core';
import { inHalf } from '@spatiallock/core/backend';
import type { TrainingEvent } from '@spatiallock/core/train';
import { lockFolder, readTensors } from '@spatiallock/node';
import { afterAll, expect, it, vi } from 'vitest';
import { type TrainingStage, trainStage } from '../src/index.js';
import { contextIn, tinyStage } from './tinyStage.js';

const folder = mkdtempSync(join(tmpdir(), 'spatiallock-resume-'));
afterAll(() => rmSync(folder, { recursive: true }));

const script = fileURLToPath(new URL('./tinyRun.ts', import.meta.url));
const whole = join(folder, 'whole');
const killed = join(folder, 'killed');
const statePath = (run: string) => join(run, 'tiny', 'state.safetensors');

interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly output: string;
}

/** Runs the training in a process; `onOutput` sees all that it printed so far. */
function train(
  args: readonly string[],
  onOutput: (text: string, child: ChildProcess) => void,
): Promise<Ended> {
  const flags = ['--import', 'tsx', '--conditions=@spatiallock/source', script];
  const child = spawn(process.execPath, [...flags, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
    onOutput(output, child);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, output }));
  });
}

it('resumes after kill -9 and ends as if it had never been stopped', async () => {
  const uninterrupted = await trainStage(
    tinyStage(10, async () => undefined),
    contextIn(whole),
  );

  const first = await train([killed, '37'], (text, child) => {
    if (text.includes('waiting')) child.kill('SIGKILL');
  });
  expect(first.signal).toBe('SIGKILL');
  const saved = await readTensors(statePath(killed));
  expect(saved['train.step']?.data[0]).toBe(30);

  const second = await train([killed], () => undefined);
  expect(second.code).toBe(0);
  expect(second.output).toMatch(/^batch 30\n/);
  expect(readFileSync(statePath(killed))).toEqual(readFileSync(statePath(whole)));
  expect(readdirSync(join(killed, 'tiny')).sort()).toEqual(['log.jsonl', 'state.safetensors']);

  // A finished stage only reads its weights.
  const again = await trainStage(
    tinyStage(10, () => Promise.reject(new Error('trains again'))),
    contextIn(killed),
  );
  expect(again).toEqual(uninterrupted);
}, 120_000);

it('the average of a parameter that a saved training does not know begins at its first value', async () => {
  const at = contextIn(join(folder, 'grown'));
  const stage = tinyStage(10, async () => undefined);
  await trainStage({ ...stage, steps: 30 }, at);
  const { scope, params } = parameterStore();
  const added = scope.param('added', [2, 2], zeros);
  const weights = await trainStage(
    {
      ...stage,
      steps: 31,
      params: { ...stage.params, ...params },
      loss: add(stage.loss, mean(multiply(added, 1e-6))),
      start: { added: tensor([3, 3, 3, 3], [2, 2]) },
    },
    at,
  );
  for (const value of weights.added!.data) expect(Number(value)).toBeCloseTo(3, 1);
});

it('gives the moving averages, or the weights themselves where there are none', async () => {
  const at = contextIn(join(folder, 'averages'));
  const stage = { ...tinyStage(10, async () => undefined), steps: 5 };
  const weights = await trainStage(stage, at);
  const state = await readTensors(join(folder, 'averages', 'tiny', 'state.safetensors'));
  for (const [name, value] of Object.entries(weights)) {
    expect(value).toEqual(state[`ema.${name}`]);
    expect(value.data).not.toEqual(state[name]!.data);
  }
  const plain = contextIn(join(folder, 'plain'));
  const own = await trainStage({ ...stage, ema: undefined }, plain);
  const { 'in.weight': last, ...others } = await readTensors(
    join(folder, 'plain', 'tiny', 'state.safetensors'),
  );
  expect(own['in.weight']).toEqual(last);
  expect(Object.keys(others).filter((name) => name.startsWith('ema.'))).toEqual([]);
});

it('hands over the weights of each save, and those of the last one again on resuming', async () => {
  const at = contextIn(join(folder, 'again'));
  const seen: (readonly [done: number, first: number])[] = [];
  const onSave: TrainingStage['onSave'] = async (weights, done) => {
    seen.push([done, Number(weights['in.weight']!.data[0])]);
  };
  const stage = { ...tinyStage(10, async () => undefined), onSave };
  await trainStage({ ...stage, steps: 20 }, at);
  expect(seen.map(([done]) => done)).toEqual([10, 20]);
  await trainStage({ ...stage, steps: 25 }, at);
  expect(seen.map(([done]) => done)).toEqual([10, 20, 20, 25]);
  expect(seen[2]).toEqual(seen[1]);
  expect(new Set(seen.map(([, first]) => first)).size).toBe(3);
  // As after a kill between the last save and its call.
  await trainStage({ ...stage, steps: 25 }, at);
  expect(seen.slice(4)).toEqual([seen[3]]);
});

it('logs the means of every twenty steps, and takes out those that a kill undid', async () => {
  const at = join(folder, 'logged');
  const seen: number[] = [];
  const lines: string[] = [];
  const context = {
    ...contextIn(at),
    onStep: ({ values }: TrainingEvent) => void seen.push(values.loss!),
    onLine: (line: string) => void lines.push(line),
  };
  const path = join(at, 'tiny', 'log.jsonl');
  const logged = () =>
    readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly step: number; readonly loss: number });
  const stage = tinyStage(10, async () => undefined);
  await trainStage({ ...stage, steps: 20 }, context);
  const undone = { step: 40, loss: 1 };
  writeFileSync(path, `${readFileSync(path, 'utf8')}${JSON.stringify(undone)}\n{"step": 4`);
  await trainStage({ ...stage, steps: 45 }, context);
  expect(logged().map(({ step }) => step)).toEqual([20, 40, 45]);
  const mean = (from: number, to: number) =>
    seen.slice(from, to).reduce((sum, loss) => sum + loss, 0) / (to - from);
  for (const [i, [from, to]] of [[0, 20] as const, [20, 40] as const, [40, 45] as const].entries()) {
    expect(logged()[i]!.loss).toBeCloseTo(mean(from, to), 10);
  }
  expect(lines.map((line) => line.split(' ').slice(0, 3))).toEqual([
    ['tiny', '20/20', 'loss'],
    ['tiny', '40/45', 'loss'],
    ['tiny', '45/45', 'loss'],
  ]);
});

it('refuses a folder in which another training runs, and leaves its files alone', async () => {
  const at = join(folder, 'busy');
  mkdirSync(join(at, 'tiny'), { recursive: true });
  writeFileSync(join(at, 'tiny', 'state.safetensors.1.0.tmp'), 'being written');
  const unlock = await lockFolder(join(at, 'tiny'));
  const stage = tinyStage(10, async () => undefined);
  await expect(trainStage(stage, contextIn(at))).rejects.toThrow(`process ${process.pid} is working in it`);
  expect(readdirSync(join(at, 'tiny')).sort()).toEqual(['lock.json', 'state.safetensors.1.0.tmp']);
  await unlock();
  await trainStage(stage, contextIn(at));
  expect(readdirSync(join(at, 'tiny')).sort()).toEqual(['log.jsonl', 'state.safetensors']);
});

it.each(['', 'x'])('names a state file that is damaged (%j)', async (content) => {
  const at = join(folder, `damaged-${content.length}`);
  mkdirSync(join(at, 'tiny'), { recursive: true });
  writeFileSync(statePath(at), content);
  const stage = tinyStage(10, async () => undefined);
  const refusal = trainStage(stage, contextIn(at));
  await expect(refusal).rejects.toThrow(statePath(at));
  await expect(refusal).rejects.toThrow(
    `restore it, or remove ${join(at, 'tiny')} to begin the training anew`,
  );
});

it('saves by a clock that goes on evenly, whatever the time of day does', async () => {
  const now = Date.now();
  let ahead = 0;
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now + 3_600_000 * ahead++);
  const saves: number[] = [];
  const onSave = async (_: unknown, done: number) => void saves.push(done);
  const stage = tinyStage(25, async () => undefined);
  await trainStage({ ...stage, onSave }, contextIn(join(folder, 'clock')));
  clock.mockRestore();
  expect(saves).toEqual([25, 50, 60]);
});

it('scales the loss on a device of half precision, and goes on from what float32 left', async () => {
  const at = join(folder, 'mixed');
  const context = contextIn(at);
  const stage = tinyStage(10, async () => undefined);
  await trainStage({ ...stage, steps: 5 }, context);
  expect(Object.keys(await readTensors(statePath(at)))).not.toContain('train.lossScale');
  const compiled: (boolean | undefined)[] = [];
  const half: Backend = {
    ...context.backend,
    precision: 'half',
    compile(graph, params, options) {
      compiled.push(graph.lossScaled);
      return context.backend.compile(inHalf(graph), params, options);
    },
  };
  await trainStage({ ...stage, steps: 10 }, { ...context, backend: half });
  expect(compiled).toEqual([true]);
  await trainStage({ ...stage, steps: 1, lossScaling: false }, { ...contextIn(`${at} not`), backend: half });
  expect(compiled).toEqual([true, undefined]);
  const { 'train.lossScale': scale, 'train.step': step } = await readTensors(statePath(at));
  expect([...step!.data]).toEqual([10]);
  expect(Math.log2(Number(scale!.data[0])) % 1).toBe(0);
});
