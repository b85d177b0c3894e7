// `npm run measure:emoji`: where the model puts what held-out layouts ask for, by the judge that knows the art.

import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import { choice, type Flags, filled, InputError, number, wholeNumber } from '@spatiallock/cli/command';
import type { Backend, Details, Pipeline } from '@spatiallock/core';
import {
  captionsAlone,
  evaluateScenes,
  figuresOf,
  lookAt,
  type MeasuredPictures,
} from '@spatiallock/evaluation';
import { fromPretrained, writePng } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { copiesOf, figuresTable, runCommand } from '@spatiallock/research-harness';
import { type Art, loadArt, type Pairs, varieties } from '@spatiallock/scenes';
import { boxed, judgeOf, realPictures, type Scene, scenesOf } from './measuredScenes.js';
import { IMAGE_SIZE } from './settings.js';

const BATCH = 8;
const SHOWN = 16;
/** Which pairs of held-out layouts may come up. */
const PAIRS: readonly Pairs[] = ['seen', 'unseen', 'any'];

await runCommand({
  name: 'measure:emoji',
  description:
    'Paint held-out layouts of the scenes, and judge the pictures by the art itself; real ones beside them.',
  args: {
    model: { type: 'string', valueHint: 'dir', description: 'a model directory of this recipe' },
    count: { type: 'string', valueHint: '100', description: 'layouts' },
    seed: { type: 'string', valueHint: '1', description: 'of the layouts and of the noise' },
    variety: { type: 'string', valueHint: 'plain', description: `${varieties.join(', ')}; default plain` },
    pairs: {
      type: 'string',
      valueHint: 'seen',
      description:
        'pairs of class and background, colour or class above another: seen, unseen or any; default seen',
    },
    steps: { type: 'string', valueHint: 'n', description: "calls of the network; default: the model's own" },
    guidance: {
      type: 'string',
      valueHint: 'scale',
      description: "how strongly the words are followed; default: the model's own",
    },
    details: {
      type: 'string',
      valueHint: 'share',
      description:
        "objects below this share of the picture's side are painted again, enlarged; 0 is none; default: the model's own",
    },
    captions: {
      type: 'string',
      valueHint: 'n',
      description: 'paint so many by their captions alone, instead',
    },
    boxes: {
      type: 'boolean',
      description:
        'with --captions: what they name gets boxes at random places, as by `spatiallock generate`',
    },
    copies: {
      type: 'boolean',
      description: "judge the autoencoder's copies of real pictures of the layouts, instead",
    },
    painted: { type: 'string', valueHint: 'dir', description: `a folder for the first ${SHOWN} pictures` },
    threads: { type: 'string', valueHint: 'n', description: 'default: one for each core' },
  },
  run: async (flags, { signal, say }) => {
    const model = filled(flags, 'model');
    if (model === undefined) throw new InputError('--model: name the model directory to measure');
    const painted = filled(flags, 'painted');
    requireUsed(flags);
    const variety = choice(flags, 'variety', varieties) ?? 'plain';
    const pairs = choice(flags, 'pairs', PAIRS) ?? 'seen';
    const alone = wholeNumber(flags, 'captions', { min: 1, max: 10_000 });
    const count = alone ?? wholeNumber(flags, 'count', { min: 1, max: 10_000 }) ?? 100;
    const seed = wholeNumber(flags, 'seed', { min: 0 }) ?? 1;
    const steps = wholeNumber(flags, 'steps', { min: 1, max: 1000 });
    const guidanceScale = number(flags, 'guidance', { min: 1, max: 100 });
    const below = number(flags, 'details', { min: 0, max: 1 });
    const details = below === undefined ? undefined : { below };
    const art = await loadArt();
    const backend = cpu({ threads: wholeNumber(flags, 'threads', { min: 1 }) });
    const scenes = scenesOf({ count, seed, variety, pairs });
    try {
      if (flags.has('copies')) {
        say(figuresTable(await judgeCopies({ model: resolve(model), backend, scenes, signal }, art)));
        return;
      }
      const pipe = await fromPretrained(resolve(model), { backend, plugins: [poi()] });
      const sampling = {
        pipe,
        scenes,
        seed,
        batch: BATCH,
        signal,
        ...given({ steps, guidanceScale, details }),
      };
      if (alone === undefined) {
        const measured = await measure(sampling, art);
        say(figuresTable({ painted: measured.generated, 'real pictures': measured.real! }));
        say(`${measured.secondsPerPicture.toFixed(2)} s a picture`);
        await show(measured, painted);
      } else {
        const isBoxed = flags.has('boxes');
        const { judges } = await captionsAlone({
          ...sampling,
          judges: [{ name: 'art', ...judgeOf(art) }],
          realPictures: realPictures(art),
          ...(isBoxed ? { objectsOf: (_, i) => boxed(scenes[i]!, seed + i).layout.objects } : {}),
        });
        say(`${JSON.stringify(judges.art)}`);
        // A search of whole pictures misses much that is there: the judge is told the boxes, too.
        if (isBoxed) {
          const asked = scenes.map((scene, i) => boxed(scene, seed + i));
          const { generated } = await evaluateScenes({
            ...sampling,
            scenes: asked,
            evaluator: judgeOf(art),
          });
          say(figuresTable({ painted: generated }));
        }
      }
      await pipe.dispose();
    } finally {
      await backend.dispose();
    }
  },
});

/** Throws where a flag would have no effect. */
function requireUsed(flags: Flags): void {
  if (flags.has('copies'))
    refuseWith(flags, 'copies', ['captions', 'steps', 'guidance', 'details', 'painted']);
  if (!flags.has('captions')) {
    if (flags.has('boxes')) throw new InputError('--boxes: needs --captions, whose objects get them');
    return;
  }
  refuseWith(flags, 'captions', ['count', 'painted']);
}

function refuseWith(flags: Flags, given: string, idle: readonly string[]): void {
  const found = idle.find((name) => flags.has(name));
  if (found !== undefined) throw new InputError(`--${found}: has no effect with --${given}; leave it out`);
}

interface Sampling {
  readonly pipe: Pipeline;
  readonly scenes: readonly Scene[];
  readonly seed: number;
  readonly batch: number;
  readonly signal: AbortSignal;
  readonly steps?: number;
  readonly guidanceScale?: number;
  readonly details?: Details;
}

function measure(sampling: Sampling, art: Art): Promise<MeasuredPictures> {
  return evaluateScenes({
    ...sampling,
    evaluator: judgeOf(art),
    realPictures: realPictures(art),
  });
}

interface Copying {
  readonly model: string;
  readonly backend: Backend;
  readonly scenes: readonly Scene[];
  readonly signal: AbortSignal;
}

/** How much of what is missed in painted pictures the autoencoder loses. */
async function judgeCopies({ model, backend, scenes, signal }: Copying, art: Art) {
  const real = await realPictures(art)(scenes, { width: IMAGE_SIZE });
  const judged = async (images: typeof real) => {
    const looks = await lookAt({ name: 'art', ...judgeOf(art) }, images, scenes, signal);
    return figuresOf(scenes.map((scene, i) => ({ scene, image: images[i]!, ...looks[i]! })));
  };
  const copies = await judged(await copiesOf(model, backend, real));
  return { copies, 'real pictures': await judged(real) };
}

async function show({ pictures }: MeasuredPictures, folder: string | undefined): Promise<void> {
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  for (const [i, { image }] of pictures.slice(0, SHOWN).entries()) {
    await writePng(join(folder, `${i + 1}.png`), image);
  }
}

/** What was asked for; the model's own settings count for the rest. */
function given<T extends object>(settings: T): Partial<{ [K in keyof T]: NonNullable<T[K]> }> {
  const asked = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(asked) as ReturnType<typeof given<T>>;
}
