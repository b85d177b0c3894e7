// Models and detectors from disk, on ONNX Runtime.

import { cpu, cuda } from '@spatiallock/backend-onnx';
import type { Backend, LayoutInput } from '@spatiallock/core';
import { selfTest } from '@spatiallock/core/backend';
import { readCategories } from '@spatiallock/core/modules';
import { taughtLabelling } from '@spatiallock/core/pipeline';
import type { Evaluator, Examiner } from '@spatiallock/evaluation';
import { modelDirectory } from '@spatiallock/model-emoji';
import {
  fromPretrained,
  type ModelNeeds,
  type ModelSource,
  standardDetectors,
  WITHOUT_GROUNDING,
} from '@spatiallock/node';
import { evaluatorOf, openDeclared, openNamed } from './detectors.js';
import { InputError, readingNow } from './errors.js';
import { openSource } from './modelFlags.js';
import { needsOfModel, openModelPlugins } from './plugins/open.js';
import type { ModelRequest } from './request.js';
import type { DetectorRequest, Generator, OpenOptions, Services } from './services.js';

/** Models, detectors and devices of this machine, by ONNX Runtime. */
export const nodeServices: Services = {
  async openDetector(detector, request, signal) {
    const backend = await openBackend(request);
    try {
      const open = await openJudge(detector, backend, signal);
      return {
        ...open,
        dispose: () => disposeAll([backend, open]),
      };
    } catch (error) {
      await backend.dispose();
      throw error;
    }
  },
  async open(request, { needsDetector, evaluator: named, ...listeners }) {
    const backend = await openBackend(request);
    const opened: { dispose?(): Promise<void> }[] = [backend];
    const close = () => disposeAll(opened);
    try {
      const { model } = request;
      const source = await openSource(model ?? modelDirectory, { ...request.source, ...listeners });
      const needs = await needsOfModel(source);
      // The small files first, so that a missing one is reported before the large ones are read.
      const evaluator = await openEvaluator(
        backend,
        { needsDetector, evaluator: named, ...listeners },
        source,
        needs,
      );
      if (evaluator) opened.push(evaluator);
      const { plugins, settings, grounded } = await openModelPlugins(request, source, needs, backend);
      const name = model === undefined ? 'model-emoji' : source.name;
      const pipe = await fromPretrained(source.files, { backend, plugins, name, signal: listeners.signal });
      opened.push(pipe);
      const set = withSettings(namingInput(pipe), settings);
      return { pipe: grounded ? set : ungrounded(set), evaluator, places: source.places, close };
    } catch (error) {
      // Why it failed is what the user has to know.
      await close().catch(() => undefined);
      throw error;
    }
  },
};

/** Frees what was opened, the last first; one that fails leaves the others to be freed. */
async function disposeAll(opened: readonly { dispose?(): Promise<void> }[]): Promise<void> {
  const faults: unknown[] = [];
  for (const each of [...opened].reverse()) {
    try {
      await each.dispose?.();
    } catch (fault) {
      faults.push(fault);
    }
  }
  if (faults.length > 0) throw faults[0];
}

/** A pipeline whose every call has these options of plugins. */
const withSettings = (pipe: Generator, plugins: Readonly<Record<string, unknown>>): Generator => ({
  ...pipe,
  stream: (layouts, options) => pipe.stream(layouts, { plugins, ...options }),
});

/** A pipeline of a model without grounding layers: it paints prompts alone. */
function ungrounded(pipe: Generator): Generator {
  const refuse = (layouts: LayoutInput | readonly LayoutInput[]): void => {
    if ([layouts].flat().some((layout) => layout.objects?.length > 0)) {
      throw new InputError(`objects: ${pipe.name} ${WITHOUT_GROUNDING}, or paint without objects`);
    }
  };
  return {
    ...pipe,
    check(layouts, options) {
      refuse(layouts);
      return pipe.check(layouts, options);
    },
    stream(layouts, options) {
      refuse(layouts);
      return pipe.stream(layouts, options);
    },
  };
}

/** The pipeline; options that it refuses are reported as faults of the user's input. */
const namingInput = (pipe: Generator): Generator => ({
  ...pipe,
  stream: (layouts, options) => readingNow(() => pipe.stream(layouts, options)),
});

type DeviceRequest = Pick<ModelRequest, 'device' | 'threads' | 'precision'>;

const backends: Readonly<Record<ModelRequest['device'], (request: DeviceRequest) => Backend>> = {
  cpu: ({ threads, precision }) => cpu({ threads, precision }),
  cuda: ({ precision }) => cuda({ precision }),
};

/** The device asked for; rejects where it is missing. */
export async function openBackend(request: DeviceRequest): Promise<Backend> {
  const backend = backends[request.device](request);
  // The runtime's own log would stand beside our one line.
  const { env } = await import('onnxruntime-node');
  env.logLevel = 'fatal';
  // A missing device is reported before anything is read; the processor is always there.
  if (request.device !== 'cpu') await selfTest(backend);
  return backend;
}

/**
 * The detector that is named; else the one that the model declares; else, where judging is asked for, the standard one. It takes
 * no phrase that names what the model was taught for another class.
 */
async function openEvaluator(
  backend: Backend,
  { needsDetector, evaluator, signal }: Pick<OpenOptions, 'needsDetector' | 'evaluator' | 'signal'>,
  { files }: ModelSource,
  { detectors: { judges } }: ModelNeeds,
): Promise<Evaluator | undefined> {
  const declared = judges ?? (needsDetector ? standardDetectors.judges : undefined);
  if (!evaluator && !declared) return undefined;
  const taught = await readCategories(files);
  const opened = evaluator
    ? await openJudge(evaluator, backend, signal)
    : evaluatorOf(await openDeclared(declared!, files, backend), declared!.module, { signal });
  return { ...opened, labelOf: taughtLabelling(opened, taught) };
}

async function openJudge(
  detector: DetectorRequest,
  backend: Backend,
  signal?: AbortSignal,
): Promise<Evaluator & Partial<Examiner>> {
  const open = await openNamed(detector, backend, signal);
  return evaluatorOf(open, detector.name, { flag: detector.flag ?? '--detector', signal });
}
