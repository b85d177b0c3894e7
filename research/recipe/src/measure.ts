// `npm run measure:emoji`: where the model puts what held-out layouts ask for, by the judge that knows the art.

import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import { choice, type Flags, filled, InputError, number, wholeNumber } from '@spatiallock/cli/command';
import type { Pipeline, RgbImage } from '@spatiallock/core';
import { layoutFromCaption } from '@spatiallock/data';
import { captionsAlone, evaluateScenes, type MeasuredPictures } from '@spatiallock/evaluation';
import { fromPretrained, writePng } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { figuresTable, runCommand } from '@spatiallock/research-harness';
import {
  type Art,
  isHeldOut,
  loadArt,
  type Pairs,
  planScene,
  renderScene,
  type ScenePlan,
  type Variety,
  varieties,
} from '@spatiallock/scenes';
import { artDetector } from '@spatiallock/scenes/judge';
import { backgroundNames, classOf, labelOf } from '@spatiallock/scenes/web';

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
    const art = await loadArt();
    const backend = cpu({ threads: wholeNumber(flags, 'threads', { min: 1 }) });
    try {
      const pipe = await fromPretrained(resolve(model), { backend, plugins: [poi()] });
      const scenes = Array.from({ length: count }, (_, i) => sceneOf(seed * count + i, variety, pairs));
      const sampling = { pipe, scenes, seed, batch: BATCH, signal, ...given({ steps, guidanceScale }) };
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
  if (!flags.has('captions')) {
    if (flags.has('boxes')) throw new InputError('--boxes: needs --captions, whose objects get them');
    return;
  }
  const idle = ['count', 'painted'].find((name) => flags.has(name));
  if (idle !== undefined) throw new InputError(`--${idle}: has no effect with --captions; leave it out`);
}

interface Scene {
  readonly plan: ScenePlan;
  readonly layout: {
    readonly prompt: string;
    readonly objects: readonly Pick<ScenePlan['objects'][number], 'phrase' | 'box'>[];
  };
  readonly labels: readonly string[];
  readonly unseen: readonly boolean[];
  readonly background: string;
}

function sceneOf(seed: number, variety: Variety, pairs: Pairs): Scene {
  const plan = planScene(seed, { split: 'heldout', variety, pairs });
  return {
    plan,
    layout: { prompt: plan.caption, objects: plan.objects.map(({ phrase, box }) => ({ phrase, box })) },
    labels: plan.objects.map(({ label }) => label),
    unseen: plan.objects.map(({ index }) => isHeldOut(index, backgroundNames.indexOf(plan.background))),
    background: plan.background,
  };
}

/** What `spatiallock generate` asks for where it is given the caption alone. */
function boxed(scene: Scene, seed: number): Scene {
  const aspectOf = (label: string): number => classOf(label).aspect;
  const layout = layoutFromCaption(scene.layout.prompt, { labelOf, aspectOf, seed });
  const labels = layout.objects.map(({ phrase }) => labelOf(phrase)!);
  return { ...scene, layout, labels, unseen: labels.map(() => false) };
}

function judgeOf(art: Art) {
  const { detect, examine, find } = artDetector(art);
  const detectMany = (images: readonly RgbImage[]) => Promise.all(images.map((image) => detect(image)));
  return { detectMany, examine, find };
}

interface Sampling {
  readonly pipe: Pipeline;
  readonly scenes: readonly Scene[];
  readonly seed: number;
  readonly batch: number;
  readonly signal: AbortSignal;
  readonly steps?: number;
  readonly guidanceScale?: number;
}

function measure(sampling: Sampling, art: Art): Promise<MeasuredPictures> {
  return evaluateScenes({
    ...sampling,
    evaluator: judgeOf(art),
    realPictures: realPictures(art),
  });
}

function realPictures(art: Art) {
  return async (scenes: readonly Scene[], { width }: Pick<RgbImage, 'width'>): Promise<RgbImage[]> =>
    scenes.map(({ plan }) => realPicture(art, plan, width));
}

function realPicture(art: Art, plan: ScenePlan, size: number): RgbImage {
  const { image } = renderScene(art, plan, { size });
  return { width: size, height: size, channels: 3, data: new Uint8ClampedArray(image) };
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
