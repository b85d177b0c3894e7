// `npm run attention-guidance`: what attention guidance moves on the embedded model, by its captions alone and beside PoI.

import { attentionGuidance } from '@spatiallock/attention-guidance';
import { cpu } from '@spatiallock/backend-onnx';
import { number, positive, wholeNumber } from '@spatiallock/cli/command';
import type { GuidanceEvent, Pipeline, Plugin } from '@spatiallock/core';
import { centerDetector } from '@spatiallock/detectors';
import { evaluateScenes } from '@spatiallock/evaluation';
import { directory, fromPretrained } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { runCommand } from '@spatiallock/research-harness';
import { modelDirectory } from '@spatiallock/research-model-128';
import { judgeDirectory } from '@spatiallock/research-model-128/judge';
import { type HeldOutScene, heldOutScenes, realImages } from '@spatiallock/research-scenes-128';

type CallOptions = Readonly<Record<string, number>>;

interface Row {
  readonly title: string;
  readonly plugins: (onMove: (event: GuidanceEvent) => void) => readonly Plugin[];
  /** Of a call; where they are watched only, the same loss is read and nothing moves to speak of. */
  readonly options?: CallOptions;
}

/** So small a move that it only reads the loss. */
const WATCH = { lossScale: 1e-9, maxIter: 1 };
const layout = (onMove: (event: GuidanceEvent) => void) =>
  attentionGuidance({ method: 'layout', lossThreshold: 0, until: 1, onMove });
const boxdiff = (onMove: (event: GuidanceEvent) => void) =>
  attentionGuidance({ method: 'boxdiff', until: 1, onMove });

const rowsOf = (scales: readonly [layout: number, boxdiff: number], maxIter: number): readonly Row[] => [
  { title: 'captions alone, layout loss watched', plugins: (onMove) => [layout(onMove)], options: WATCH },
  {
    title: 'layout guidance',
    plugins: (onMove) => [layout(onMove)],
    options: { lossScale: scales[0], maxIter },
  },
  { title: 'captions alone, BoxDiff loss watched', plugins: (onMove) => [boxdiff(onMove)], options: WATCH },
  { title: 'BoxDiff', plugins: (onMove) => [boxdiff(onMove)], options: { lossScale: scales[1], maxIter } },
  { title: 'PoI, layout loss watched', plugins: (onMove) => [poi(), layout(onMove)], options: WATCH },
  {
    title: 'PoI and layout guidance',
    plugins: (onMove) => [poi(), layout(onMove)],
    options: { lossScale: scales[0], maxIter },
  },
];

await runCommand({
  name: 'attention-guidance',
  description: 'Measure what attention guidance moves on the embedded model.',
  args: {
    count: { type: 'string', valueHint: '24', description: 'held-out layouts' },
    layout: { type: 'string', valueHint: '30', description: "layout guidance's lossScale" },
    boxdiff: { type: 'string', valueHint: '20', description: "BoxDiff's lossScale" },
    iterations: { type: 'string', valueHint: '5', description: 'moves before each call' },
  },
  async run(flags, { signal, say }) {
    const count = wholeNumber(flags, 'count', { min: 1 }) ?? 24;
    const scales = [
      number(flags, 'layout', positive) ?? 30,
      number(flags, 'boxdiff', positive) ?? 20,
    ] as const;
    const iterations = wholeNumber(flags, 'iterations', { min: 1, max: 100 }) ?? 5;
    const backend = cpu();
    const evaluator = await centerDetector({ backend, files: directory(judgeDirectory), batch: 16 });
    const rows = rowsOf(scales, iterations);
    say('| | loss of the first call | of the last | mean IoU | success |');
    say('| --- | --- | --- | --- | --- |');
    for (const { title, plugins, options } of rows) {
      const losses = new Map<number, number[]>();
      const onMove = ({ stepIndex, losses: each }: GuidanceEvent) => {
        losses.set(stepIndex, [...(losses.get(stepIndex) ?? []), ...each]);
      };
      const pipe = await fromPretrained(modelDirectory, { backend, plugins: plugins(onMove) });
      const { generated } = await evaluateScenes({
        ...{ pipe, evaluator, signal, realPictures: realImages },
        scenes: servedBy(pipe, count),
        seed: 1,
        batch: 8,
        plugins: { attentionGuidance: options },
      });
      const means = [...losses.values()].map((each) => each.reduce((a, b) => a + b, 0) / each.length);
      const figures = [means[0]!, means.at(-1)!, generated.meanIoU, generated.instanceSuccessRate];
      say(`| ${title} | ${figures.map((value) => value.toFixed(3)).join(' | ')} |`);
      await pipe.dispose();
    }
    await evaluator.dispose();
    await backend.dispose();
  },
});

/** The first held-out scenes whose captions say every phrase: "two dogs" does not say "a dog". */
function servedBy(pipe: Pipeline, count: number): HeldOutScene[] {
  const isServed = ({ layout: given }: HeldOutScene): boolean => {
    try {
      return pipe.check(given).length === 1;
    } catch {
      return false;
    }
  };
  return heldOutScenes(1, 4 * count)
    .filter(isServed)
    .slice(0, count);
}
