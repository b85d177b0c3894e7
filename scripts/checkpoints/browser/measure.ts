// A model of an address in Chromium: downloaded with cuts, kept, opened again, and its U-Net called in parts.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchProfile } from '@spatiallock/testing/chromium';
import type { BrowserContext, Page, Worker } from 'playwright-core';
import { bundle, serve } from '../../browser/serve.js';
import { callInNode, cosine, largestDifference } from '../inNode.js';
import { type ModelServer, serveModel } from './modelServer.js';
import { watchBrowser } from './processMemory.js';
import type { CallOptions, CheckpointWorker } from './worker.js';

/** In the worker. */
declare const checkpoint: CheckpointWorker;

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
const RUNTIME = fileURLToPath(new URL('../../../node_modules/onnxruntime-web/dist', import.meta.url));
const PAGE =
  '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">' +
  '<script type="module">new Worker("/page/page.js", { type: "module" })</script>';
const UNET = 'unet/diffusion_pytorch_model.safetensors';

type Say = (line: string) => void;

/** `model` is a model directory, `place` an empty folder. */
export async function measureBrowser(
  model: string,
  place: string,
  options: CallOptions,
  say: Say,
): Promise<void> {
  const inNode = callInNode(model, join(place, 'node.out'), { ...options, calls: 1 });
  say(
    `In Node, in parts of the same size: a call of the U-Net took ${inNode.seconds.toFixed(1)} s, the process peaked at ${inNode.peakGiB.toFixed(1)} GiB.`,
  );
  await bundle(WORKER, join(place, 'page'));
  const server = await serveModel(model);
  const site = await serve({ page: join(place, 'page'), ort: RUNTIME }, PAGE);
  const context = await launchProfile(join(place, 'profile'), { webgpu: false });
  const watched = watchBrowser();
  try {
    await leaveEarly(context, site.origin, server, model);
    const worker = await visit(context, site.origin);
    await openCut(worker, server, model, say);
    const before = watched.peaks();
    const inChromium = await worker.evaluate((given) => checkpoint.call(given), options);
    reportCall(inChromium, say);
    const output = Float32Array.from(inChromium.output);
    say(
      `Output: ${output.every(Number.isFinite) ? 'finite' : 'NOT FINITE'}; to Node's: cosine ` +
        `${cosine(inNode.output, output).toFixed(7)}, largest difference ${largestDifference(inNode.output, output).toExponential(1)} of ` +
        `${inNode.output.reduce((most, x) => Math.max(most, Math.abs(x)), 0).toFixed(2)}.`,
    );
    const after = watched.peaks();
    say(
      `Peak memory: the renderer ${gib(before.renderer)} while opening, ${gib(after.renderer)} with the call; ` +
        `all processes of Chromium together ${gib(after.all)}.`,
    );
    await openAgain(context, site.origin, server, say);
  } finally {
    watched.stop();
    await context.close();
    await site.close();
    await server.close();
  }
}

/** A visitor who leaves after a quarter of the U-Net. */
async function leaveEarly(
  context: BrowserContext,
  origin: string,
  server: ModelServer,
  model: string,
): Promise<void> {
  const worker = await visit(context, origin);
  const quarter = server.sentUpTo(UNET, sizeOf(model) / 4);
  const opening = worker.evaluate((address) => checkpoint.open(address), server.origin);
  // Leaving ends it with an error; one that comes earlier is reported.
  await Promise.race([quarter, opening]);
  opening.catch(() => undefined);
  for (const page of context.pages()) await page.close();
}

/** Opens the model; the connection is cut after three quarters of the U-Net. */
async function openCut(worker: Worker, server: ModelServer, model: string, say: Say): Promise<void> {
  const resumed = server.requests.length;
  const late = server.sentUpTo(UNET, (3 * sizeOf(model)) / 4).then(() => server.cut());
  const opening = worker.evaluate((address) => checkpoint.open(address), server.origin);
  await Promise.race([late, opening]);
  const { title, seconds, keptBytes } = await opening;
  say(`In Chromium: ${title}; opened in ${seconds.toFixed(1)} s, ${keptBytes} bytes are kept in OPFS.`);
  say('| request | from byte | bytes sent |\n| --- | --- | --- |');
  server.requests.forEach(({ path, from, sent }, i) => {
    say(`| ${i < resumed ? 'first visit' : 'second visit'}: ${path} | ${from} | ${sent} |`);
  });
  say(
    'The SHA-256 of each file is the one that the server lists: openings end with an error where it is not.',
  );
}

/** A third visit, which should find all that it needs. */
async function openAgain(
  context: BrowserContext,
  origin: string,
  server: ModelServer,
  say: Say,
): Promise<void> {
  for (const page of context.pages()) await page.close();
  const before = server.requests.length;
  const worker = await visit(context, origin);
  const { seconds, keptBytes } = await worker.evaluate((address) => checkpoint.open(address), server.origin);
  const asked = server.requests.length - before;
  say(
    `Third visit: opened in ${seconds.toFixed(1)} s from ${keptBytes} kept bytes; ${asked} requests for weights.`,
  );
}

function reportCall(
  { loadSeconds, parts, seconds }: Awaited<ReturnType<CheckpointWorker['call']>>,
  say: Say,
): void {
  say(
    `Weights were ready after ${loadSeconds.toFixed(1)} s. Parts as they were compiled, those that stay between calls once:`,
  );
  say('| part | weights in float32, MiB | compiled in, s |\n| --- | --- | --- |');
  parts.forEach(({ bytes, compileSeconds }, i) => {
    say(`| ${i + 1} | ${(bytes / 2 ** 20).toFixed(0)} | ${compileSeconds.toFixed(1)} |`);
  });
  say(`Seconds of calls, with compiling: ${seconds.map((each) => each.toFixed(1)).join(', ')}.`);
}

/** A page of its own with a worker that is ready. */
async function visit(context: BrowserContext, origin: string): Promise<Worker> {
  const page: Page = await context.newPage();
  const started = page.waitForEvent('worker');
  started.catch(() => undefined);
  await page.goto(origin);
  const worker = await started;
  await worker.evaluate(async () => {
    while (!('checkpoint' in globalThis)) await new Promise((resolve) => setTimeout(resolve, 50));
  });
  return worker;
}

const sizeOf = (model: string): number => statSync(join(model, UNET)).size;
const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
