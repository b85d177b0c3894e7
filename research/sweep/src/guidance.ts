// `npm run sweep:guidance -- --scenes wide --count 100`: what PoG's guidance gains, by two judges, on which objects.
// Records go into a file as they come; the same command goes on from there.

import { appendFile } from 'node:fs/promises';
import { cpu } from '@spatiallock/backend-onnx';
import { choice, number, text, wholeNumber } from '@spatiallock/cli/command';
import { centerDetector } from '@spatiallock/detectors';
import {
  type Look,
  lookAt,
  matchAsked,
  type NamedEvaluator,
  type SubsetName,
  sampleBatch,
  subsetNames,
  subsetTitles,
  traitsOf,
} from '@spatiallock/evaluation';
import { fromPretrained, readTextFile } from '@spatiallock/node';
import { runCommand } from '@spatiallock/research-harness';
import type { HeldOutScene } from '@spatiallock/scenes';
import { open as openArtJudge } from '@spatiallock/scenes/judge';
import { type PairedObject, pairedFigures } from './pairedFigures.js';
import { type Subject, subjects } from './subjects.js';

const BATCH = 10;
const JUDGES = ['center', 'art'] as const;
type Ious = Readonly<Record<(typeof JUDGES)[number], number>>;

/** One object of one layout. */
interface GuidedObject {
  readonly picture: number;
  readonly traits: Readonly<Record<SubsetName, boolean>>;
  readonly guided: Ious;
  readonly plain: Ious;
}

interface GuidedBatch {
  readonly key: string;
  readonly first: number;
  /** Seconds a picture. */
  readonly seconds: { readonly guided: number; readonly plain: number };
  readonly objects: readonly GuidedObject[];
}

await runCommand({
  name: 'sweep:guidance',
  description: 'Paint held-out layouts with PoG guidance and without, and judge both by two judges.',
  args: {
    count: { type: 'string', valueHint: '100', description: 'layouts; default 100' },
    seed: { type: 'string', valueHint: '62', description: 'of the layouts and of the noise; default 62' },
    scenes: { type: 'string', valueHint: 'plain|wide|crowded|mixed', description: 'default wide' },
    model: {
      type: 'string',
      valueHint: Object.keys(subjects).join('|'),
      description: 'the embedded model or the one of 64 words before it, with its scenes; default emoji',
    },
    steps: { type: 'string', valueHint: '6', description: "default: the model's own" },
    strength: { type: 'string', valueHint: '0.03', description: 'of the guidance; default 0.03' },
    records: {
      type: 'string',
      valueHint: 'file.jsonl',
      description: 'where records are kept; default artifacts/guidance.jsonl',
    },
    batches: {
      type: 'string',
      valueHint: '2',
      description: 'stop after so many batches of ten; default all',
    },
  },
  kept: 'the same command goes on after the last batch',
  async run(flags, { signal, say }) {
    const count = wholeNumber(flags, 'count', { min: BATCH }) ?? 100;
    const seed = wholeNumber(flags, 'seed', { min: 0 }) ?? 62;
    const model = choice(flags, 'model', Object.keys(subjects)) ?? 'emoji';
    const subject = subjects[model]!;
    const variety = choice(flags, 'scenes', subject.varieties) ?? 'wide';
    const steps = wholeNumber(flags, 'steps', { min: 1 });
    const strength = number(flags, 'strength', { min: 0, max: 1 }) ?? 0.03;
    const path = text(flags, 'records') ?? 'artifacts/guidance.jsonl';
    const most = wholeNumber(flags, 'batches', { min: 1 }) ?? Number.POSITIVE_INFINITY;
    const key = JSON.stringify({ model, seed, variety, steps, strength });
    const done = (await recordsIn(path)).filter((each) => each.key === key);
    const scenes = subject.scenes(seed, count, variety);
    const firsts = Array.from({ length: Math.ceil(count / BATCH) }, (_, i) => i * BATCH);
    const left = firsts.filter((first) => done.every((each) => each.first !== first)).slice(0, most);
    if (left.length > 0) {
      const paint = await openPainter({ subject, seed, steps, strength, signal });
      for (const first of left) {
        const batch = { key, first, ...(await paint.batch(scenes.slice(first, first + BATCH), first)) };
        await appendFile(path, `${JSON.stringify(batch)}\n`);
        done.push(batch);
        say(`${done.length} of ${firsts.length} batches`);
      }
      await paint.close();
    }
    if (done.length === firsts.length) for (const line of table(done, key)) say(line);
  },
});

async function recordsIn(path: string): Promise<GuidedBatch[]> {
  const content = await readTextFile(path).catch(() => '');
  return content
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

interface PainterOptions {
  readonly subject: Subject;
  readonly seed: number;
  readonly steps: number | undefined;
  readonly strength: number;
  readonly signal: AbortSignal;
}

async function openPainter({ subject, seed, steps, strength, signal }: PainterOptions) {
  const backend = cpu();
  const pipe = await fromPretrained(subject.model, { backend });
  const center = await centerDetector({ backend, files: await subject.judgeFiles() });
  const art = await openArtJudge();
  const judges: readonly NamedEvaluator[] = [
    { name: 'center', detectMany: (images) => center.detectMany(images) },
    { name: 'art', detectMany: (images) => Promise.all(images.map(art.detect)), examine: art.examine },
  ];
  const painted = async (scenes: readonly HeldOutScene[], first: number, pog: number) => {
    const rows = scenes.map(({ layout }) => layout);
    const objectSlots = Math.max(...rows.map(({ objects }) => objects.length));
    const pictures = await sampleBatch(
      pipe,
      { first, rows, size: BATCH, objectSlots },
      {
        // What guidance is worth is seen where nothing is painted again.
        ...{ seed, batch: BATCH, signal, details: false, plugins: { pog: { strength: pog } } },
        ...(steps === undefined ? {} : { steps }),
      },
    );
    const images = pictures.map(({ image }) => image);
    const looks: Look[][] = [];
    for (const judge of judges) looks.push(await lookAt(judge, images, scenes, signal));
    const ious = scenes.map((scene, i) => {
      const asked = scene.layout.objects.map(({ box }, k) => ({ box, label: scene.labels[k]! }));
      const seen = looks.map((each) => matchAsked(asked, each[i]!.detections).matches);
      return asked.map((_, k): Ious => ({ center: seen[0]![k]!.iou, art: seen[1]![k]!.iou }));
    });
    return { ious, seconds: pictures[0]!.milliseconds / 1000 };
  };
  return {
    async batch(scenes: readonly HeldOutScene[], first: number): Promise<Omit<GuidedBatch, 'key' | 'first'>> {
      const guided = await painted(scenes, first, strength);
      const plain = await painted(scenes, first, 0);
      const objects = scenes.flatMap((scene, i) =>
        traitsOf(scene).map((traits, k) => ({
          ...{ picture: first + i, traits },
          ...{ guided: guided.ious[i]![k]!, plain: plain.ious[i]![k]! },
        })),
      );
      return { seconds: { guided: guided.seconds, plain: plain.seconds }, objects };
    },
    async close(): Promise<void> {
      await pipe.dispose();
      await center.dispose();
      await backend.dispose();
    },
  };
}

/** A Markdown table: each kind of object by both judges. */
function table(batches: readonly GuidedBatch[], key: string): string[] {
  const objects = batches.flatMap((each) => each.objects);
  const kinds: readonly (readonly [string, readonly GuidedObject[]])[] = [
    ['all', objects],
    ...subsetNames.map((name) => [subsetTitles[name], objects.filter(({ traits }) => traits[name])] as const),
  ];
  const cell = (own: readonly GuidedObject[], judge: (typeof JUDGES)[number]): string => {
    const pairs = own.map(
      ({ picture, guided, plain }): PairedObject => ({
        ...{ picture, withIou: guided[judge], withoutIou: plain[judge] },
      }),
    );
    const figures = pairedFigures(pairs);
    if (!figures) return '- | - | -';
    const { without, gain, error } = figures;
    return `${without.toFixed(3)} | ${figures.with.toFixed(3)} | ${gain.toFixed(4)} +- ${error.toFixed(4)}`;
  };
  const seconds = (which: 'guided' | 'plain'): string => {
    const sum = batches.reduce((total, each) => total + each.seconds[which], 0);
    return (sum / batches.length).toFixed(2);
  };
  return [
    `${key}: ${seconds('plain')} s a picture, ${seconds('guided')} s with guidance`,
    '| objects | | center: without | with | gain | art: without | with | gain |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...kinds.map(
      ([title, own]) =>
        `| ${title} | ${own.length} | ${JUDGES.map((judge) => cell(own, judge)).join(' | ')} |`,
    ),
  ];
}
