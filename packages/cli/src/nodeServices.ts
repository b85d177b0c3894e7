// Models and detectors from disk, on ONNX Runtime.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cpu, cuda } from '@spatiallock/backend-onnx';
import { groundingOf, textImageRefusal } from '@spatiallock/checkpoints';
import type { Backend, FileSource, LayoutInput, Plugin } from '@spatiallock/core';
import { messageOf } from '@spatiallock/core';
import { selfTest } from '@spatiallock/core/backend';
import { type CenterDetector, centerDetector, queryDetector, queryGuide } from '@spatiallock/detectors';
import { modelDirectory } from '@spatiallock/model-emoji';
import { directory, fromPretrained, type ModelSource, modelSource } from '@spatiallock/node';
import { pog } from '@spatiallock/pog';
import { poi as groundingPlugin } from '@spatiallock/poi';
import { labelOf } from '@spatiallock/scenes';
import { openDetector } from './bench/detector.js';
import { guideDirectory, judgeDirectory } from './detectorWeights.js';
import { InputError, readingNow } from './errors.js';
import { WITHOUT_GROUNDING } from './modelFlags.js';
import type { ModelRequest } from './request.js';
import type { DetectorRequest, Generator, OpenDetector, Services } from './services.js';

export const nodeServices: Services = {
  openDetector: openNamedDetector,
  async open(request, { judged, ...listeners }) {
    const backend = await openBackend(request);
    const { model, pog: guided } = request;
    // The small file first: what is missing shall be told before the large ones are read.
    const judge = await openJudge(backend, judged, model);
    const source = await modelSource(model ?? modelDirectory, { ...request.source, ...listeners });
    const { strength, poiUntil: until, nullTokens } = request;
    const acting = { strength, until, nullTokens };
    const grounded = await requireGrounding(source, acting);
    const guides = guided ? [await openGuide(backend, guided)] : [];
    const plugins = [...(grounded ? [groundingPlugin(acting)] : []), ...guides];
    const name = model === undefined ? 'model-emoji' : source.name;
    const pipe = await fromPretrained(source.files, { backend, plugins, name, signal: listeners.signal });
    const named = namingInput(pipe);
    return {
      pipe: grounded ? named : ungrounded(named),
      judge,
      places: source.places,
      async close() {
        await pipe.dispose();
        await judge?.dispose();
        await backend.dispose();
      },
    };
  },
};

async function openNamedDetector(
  detector: DetectorRequest,
  request: Pick<ModelRequest, 'device' | 'threads'>,
): Promise<OpenDetector> {
  const backend = await openBackend(request);
  try {
    const open = await openDetector(detector, backend);
    const { labels, labelOf } = open;
    return {
      labels,
      ...(labelOf === undefined ? {} : { labelOf }),
      detect: (image) => open.detect(image),
      async dispose() {
        await open.dispose?.();
        await backend.dispose();
      },
    };
  } catch (error) {
    await backend.dispose();
    throw error;
  }
}

export { groundingPlugin };

/** Whether the model holds grounding layers; throws where a flag asks something of those that are not there. */
async function requireGrounding({ files, name }: ModelSource, acting: object): Promise<boolean> {
  const grounding = await groundingOf(files);
  if (grounding === 'gated-text-image') throw new InputError(`--model: ${name} ${textImageRefusal}`);
  if (grounding === 'gated') return true;
  if (Object.values(acting).every((value) => value === undefined || value === false)) return false;
  throw new InputError(`--strength and the like have no effect: ${name} ${WITHOUT_GROUNDING}`);
}

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

const backends: Readonly<
  Record<ModelRequest['device'], (request: Pick<ModelRequest, 'threads'>) => Backend>
> = {
  cpu: ({ threads }) => cpu({ threads }),
  cuda: () => cuda(),
};

/** The device asked for; rejects where it is missing. */
export async function openBackend(request: Pick<ModelRequest, 'device' | 'threads'>): Promise<Backend> {
  const backend = backends[request.device](request);
  // The runtime's own log would stand beside our one line.
  const { env } = await import('onnxruntime-node');
  env.logLevel = 'fatal';
  // A missing device is reported before anything is read.
  await selfTest(backend);
  return backend;
}

/** Guidance by the second detector. */
async function openGuide(backend: Backend, strength: number): Promise<Plugin> {
  const detector = await inDirectory(guideDirectory, (files) => queryDetector({ backend, files }));
  await detector.dispose(); // Its graph and its weights are what guides.
  return pog({ guidance: { detector: queryGuide(detector, labelOf), strength } });
}

/** The detector knows the scenes alone, so other models are judged by it only where that is asked for. */
async function openJudge(
  backend: Backend,
  judged: boolean,
  model: string | undefined,
): Promise<CenterDetector | undefined> {
  const atHand = model === undefined && existsSync(join(judgeDirectory, 'config.json'));
  if (!judged && !atHand) return undefined;
  return inDirectory(judgeDirectory, (files) => centerDetector({ backend, files }));
}

/** Opens a detector; an error names its folder. */
async function inDirectory<T>(folder: string, open: (files: FileSource) => Promise<T>): Promise<T> {
  try {
    return await open(directory(folder));
  } catch (cause) {
    const why = messageOf(cause);
    throw new Error(`detector ${folder}: ${why}`, { cause });
  }
}
