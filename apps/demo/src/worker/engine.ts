// A model on a device: what a worker holds once it is loaded.

import { type OnProgress, type Pipeline, schedulerNames } from '@spatiallock/core';
import { loadModel } from '@spatiallock/core/pipeline';
import { type CenterDetector, centerDetector } from '@spatiallock/detectors';
import { matchObjects } from '@spatiallock/evaluation';
import { labelOf } from '@spatiallock/scenes/web';
import { type DeviceContext, openDevice } from './devices.js';
import { type Pipelines, pipelinesOf } from './pipelines.js';
import { openModelPlugins } from './plugins.js';
import { probeDevice } from './probe.js';
import type { DeviceId, Job, ModelFacts, Picture } from './protocol.js';

export interface Engine {
  readonly facts: ModelFacts;
  run(job: Job, listener: JobListener, signal: AbortSignal): Promise<Outcome>;
}

/** A device that cannot be used, or that computes wrongly. */
export class DeviceFault extends Error {
  override readonly name = 'DeviceFault';
}

export interface JobListener {
  step(event: { stepIndex: number; calls: number; milliseconds: number; preview?: Picture }): void;
  compiling(component: string): void;
}

export interface Outcome {
  readonly picture: Picture;
  readonly judged: ReturnType<typeof matchObjects>;
  readonly detections: Awaited<ReturnType<CenterDetector['detect']>>;
}

export async function openEngine(device: DeviceId, context: DeviceContext): Promise<Engine> {
  const { assets, onBytes } = context;
  const opened = openTested(device, context);
  const backendLater = opened.then(({ backend }) => backend);
  // Whichever fails first is reported; the others' failures then are no news.
  for (const each of [opened, backendLater]) each.catch(() => undefined);
  const files = assets.folder('model', onBytes);
  const plugins = await openModelPlugins(
    files,
    backendLater,
    // `@spatiallock/detectors/weights/query` is served as weights/query.
    (folder) => assets.folder(folder.split('/').slice(2).join('/')),
  );
  const [model, { backend, probe }] = await Promise.all([loadModel(files, plugins.plain), opened]);
  const detector = await centerDetector({ backend, files: assets.folder('weights/center', onBytes) });
  let current: JobListener | undefined;
  const onProgress: OnProgress = (event) => {
    if (event.type === 'compile' && !event.done) current?.compiling(event.component);
  };
  const pipelines = pipelinesOf({ model, backend, plugins, onProgress });
  return {
    facts: { ...factsOf(pipelines.plain, device, detector.labels), probe },
    run: (job, listener, signal) => {
      current = listener;
      return runJob(pipelines, detector, job, listener, signal);
    },
  };
}

/** The device with what its self-test says; one that computes wrongly paints nothing. */
async function openTested(device: DeviceId, context: DeviceContext) {
  const opened = await openDevice(device, context);
  const probe = await probeDevice(opened);
  if (!probe.passed) throw new DeviceFault(`its self-test failed: ${probe.why}`);
  return { ...opened, probe };
}

function factsOf(pipeline: Pipeline, device: DeviceId, labels: readonly string[]): Omit<ModelFacts, 'probe'> {
  const { name, imageSize, defaults, words } = pipeline;
  return {
    name,
    device,
    imageSize,
    defaults,
    labels,
    schedulers: schedulerNames,
    ...(words ? { words } : {}),
  };
}

async function runJob(
  pipelines: Pipelines,
  detector: CenterDetector,
  job: Job,
  listener: JobListener,
  signal: AbortSignal,
): Promise<Outcome> {
  const { layout, seed, steps, guidanceScale, scheduler, previews } = job;
  const options = { seed, steps, guidanceScale, scheduler, signal };
  let picture: Picture | undefined;
  const { pipeline, options: own } = await pipelines.of(job);
  for await (const event of pipeline.stream(layout, { ...options, ...own })) {
    const { stepIndex, calls, milliseconds, images } = event;
    if (images) picture = images[0] as Picture;
    const preview = previews && !images ? ((await event.preview()) as Picture) : undefined;
    listener.step({ stepIndex, calls, milliseconds, ...(preview ? { preview } : {}) });
  }
  if (!picture) throw new Error('the scheduler planned no call');
  const detections = await detector.detect(picture);
  const known = layout.objects.map(({ phrase }) => {
    const label = labelOf(phrase);
    return label !== undefined && detector.labels.includes(label) ? label : undefined;
  });
  return { picture, detections, judged: matchObjects(layout.objects, known, detections) };
}
