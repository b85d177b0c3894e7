// A model on a device: what a worker holds once it is loaded.

import {
  type Backend,
  type FileSource,
  type OnProgress,
  type Pipeline,
  schedulerNames,
} from '@spatiallock/core';
import { readWeights } from '@spatiallock/core/io';
import { loadModel } from '@spatiallock/core/pipeline';
import { type CenterDetector, centerDetector } from '@spatiallock/detectors';
import { matchObjects } from '@spatiallock/evaluation';
import { labelOf } from '@spatiallock/scenes/web';
import { type DeviceContext, openDevice } from './devices.js';
import { paintedOver } from './paintedOver.js';
import { type Pipelines, pipelinesOf } from './pipelines.js';
import { openModelPlugins } from './plugins.js';
import { probeDevice } from './probe.js';
import type { DeviceId, GivenModel, Job, ModelFacts, Picture } from './protocol.js';

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
  readonly ignoredNegative: boolean;
}

/** What a model is opened from; neither: the site's own as it is. */
export interface EngineModel {
  readonly own?: OwnModelGiven;
  /** The bytes of an adapter's file over the site's own. */
  readonly adapter?: Uint8Array;
}

type OwnModelGiven = GivenModel & { readonly partBytes?: number };

/** A device with the site's own model, or with one that the visitor gave. */
export async function openEngine(
  device: DeviceId,
  context: DeviceContext,
  { own, adapter }: EngineModel = {},
): Promise<Engine> {
  const opened = openTested(device, context);
  const backendLater = opened.then(({ backend }) => backend);
  // Whichever fails first is reported; the others' failures then are no news.
  for (const each of [opened, backendLater]) each.catch(() => undefined);
  let current: JobListener | undefined;
  const onProgress: OnProgress = (event) => {
    if (event.type === 'compile' && !event.done) current?.compiling(event.component);
  };
  const loading = { backend: backendLater, onProgress };
  const model = own ? ownModel(own, loading, context) : builtInModel(loading, context, adapter);
  // A device that fails is reported at once, however long the model still loads.
  const [{ pipelines, detector, facts }, { probe }] = await Promise.all([model, opened]);
  return {
    facts: { ...factsOf(pipelines.plain, device, detector?.labels ?? []), ...facts, probe },
    run: (job, listener, signal) => {
      current = listener;
      return runJob(pipelines, detector, job, listener, signal);
    },
  };
}

interface Loading {
  readonly backend: Promise<Backend>;
  readonly onProgress: OnProgress;
}

interface Loaded {
  readonly pipelines: Pipelines;
  /** Judges pictures; it knows what the site's own model paints. */
  readonly detector?: CenterDetector;
  readonly facts: Partial<ModelFacts>;
}

async function builtInModel(
  { backend, onProgress }: Loading,
  context: DeviceContext,
  adapter?: Uint8Array,
): Promise<Loaded> {
  const { assets, onBytes } = context;
  const bare = assets.folder('model', onBytes);
  const files = adapter ? await adapted(bare, adapter) : bare;
  const plugins = await openModelPlugins(
    files,
    backend,
    // `@spatiallock/detectors/weights/query` is served as weights/query.
    (folder) => assets.folder(folder.split('/').slice(2).join('/')),
  );
  const [model, device] = await Promise.all([loadModel(files, plugins.plain), backend]);
  const detector = await centerDetector({
    backend: device,
    files: assets.folder('weights/center', onBytes),
  });
  // The autoencoder's other half is fetched when a picture is painted over, or small objects are painted again.
  const encoder = async () => readWeights(assets.folder('encoder'), '', { float32: true });
  return {
    pipelines: pipelinesOf({ model, encoder, backend: device, plugins, onProgress }),
    detector,
    facts: {},
  };
}

/** An adapter over the model; its hash is of all weights, so each file is kept after it was read for it. */
async function adapted(bare: FileSource, bytes: Uint8Array): Promise<FileSource> {
  const { parseAdapter, withAdapter } = await import('@spatiallock/core/adapters');
  return withAdapter(remembered(bare), parseAdapter(bytes));
}

/** Reads each file once. */
function remembered(files: FileSource): FileSource {
  const known = new Map<string, ReturnType<FileSource['read']>>();
  const read: FileSource['read'] = (path) => {
    const reading = known.get(path) ?? files.read(path);
    known.set(path, reading);
    return reading;
  };
  return { ...files, read };
}

async function ownModel(
  { partBytes, ...given }: OwnModelGiven,
  loading: Loading,
  { onDownload }: DeviceContext,
): Promise<Loaded> {
  const { openOwnModel } = await import('./ownModel.js');
  const { pipelines, name, facts } = await openOwnModel(given, {
    ...loading,
    ...(partBytes === undefined ? {} : { partBytes }),
    onDownload: (...progress) => onDownload?.(...progress),
  });
  return { pipelines, facts: { name, own: facts } };
}

/** The device with what its self-test says; one that computes wrongly paints nothing. */
async function openTested(device: DeviceId, context: DeviceContext) {
  const opened = await openDevice(device, context);
  const probe = await probeDevice(opened);
  if (!probe.passed) throw new DeviceFault(`its self-test failed: ${probe.why}`);
  return { ...opened, probe };
}

function factsOf(pipeline: Pipeline, device: DeviceId, labels: readonly string[]): Omit<ModelFacts, 'probe'> {
  const { name, imageSize, defaults, words, categories = [] } = pipeline;
  const { steps, guidanceScale, scheduler, details } = defaults;
  return {
    name,
    device,
    imageSize,
    defaults: { steps, guidanceScale, scheduler, details: details?.below ?? 0 },
    labels,
    categories,
    schedulers: schedulerNames,
    ...(words ? { words } : {}),
  };
}

/** What a message gives away while the detector still looks at the picture. */
const copyOf = (picture: Picture): Picture => ({ ...picture, data: picture.data.slice() });

/** Milliseconds between previews: decoding one takes longer than a step of a small model. */
const PREVIEW_PAUSE = 1000;

async function runJob(
  pipelines: Pipelines,
  detector: CenterDetector | undefined,
  job: Job,
  listener: JobListener,
  signal: AbortSignal,
): Promise<Outcome> {
  const { layout, seed, steps, guidanceScale, scheduler, details, previews, source, side } = job;
  const size = side === undefined ? {} : { width: side, height: side };
  let ignoredNegative = false;
  const onWarning = (warning: string): void => {
    ignoredNegative ||= warning.startsWith('negativePrompt: ');
  };
  const options = {
    seed,
    steps,
    guidanceScale,
    scheduler,
    details: details > 0 ? { below: details } : false,
    signal,
    onWarning,
    ...size,
    ...paintedOver(source),
  };
  let picture: Picture | undefined;
  const { pipeline, options: own } = await pipelines.of(job);
  let shown = performance.now();
  for await (const event of pipeline.stream(layout, { ...options, ...own })) {
    const { stepIndex, calls, milliseconds, images } = event;
    if (images) picture = images[0] as Picture;
    const waited = performance.now() - shown >= PREVIEW_PAUSE;
    let preview = picture && copyOf(picture);
    if (!picture && previews && waited) preview = (await event.preview()) as Picture;
    if (preview) shown = performance.now();
    listener.step({ stepIndex, calls, milliseconds, ...(preview ? { preview } : {}) });
  }
  if (!picture) throw new Error('the scheduler planned no call');
  const detections = detector ? await detector.detect(picture) : [];
  const known = layout.objects.map(({ phrase }) => {
    const label = labelOf(phrase);
    return label !== undefined && detector?.labels.includes(label) ? label : undefined;
  });
  return { picture, detections, judged: matchObjects(layout.objects, known, detections), ignoredNegative };
}
