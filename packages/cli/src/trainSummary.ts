// What `spatiallock train` tells at its end.

import type { FineTuneReport, FineTuning } from '@spatiallock/training';
import type { judgeModel } from './trainJudge.js';

/** Words of a list that are written out; the others are counted. */
const LISTED = 20;

/** Says which words are learnt, before training: a slip of the pen would be one of them. */
export function newWordsLine(words: readonly string[]): string {
  const more = words.length > LISTED ? `, and ${words.length - LISTED} more` : '';
  return `new to the model, and learnt: ${words.slice(0, LISTED).join(', ')}${more} (--no-new-words refuses them)`;
}

/** Lines for people: pictures, what learnt, losses, and the figures where the model was judged. */
export function trainSummary(
  { pictures, trainableParameters, validationLoss }: FineTuneReport,
  { dataset }: FineTuning,
  figures: Awaited<ReturnType<typeof judgeModel>> | undefined,
): string[] {
  const losses = Object.entries(validationLoss);
  const [first, last] = [losses[0], losses.at(-1)];
  return [
    `${pictures.training} pictures to train on, ${pictures.validation} to validate on` +
      (pictures.withoutBoxes > 0 ? `, ${pictures.withoutBoxes} without boxes left out` : '') +
      (pictures.bad > 0 ? `, ${pictures.bad} bad ones left out` : '') +
      (pictures.skipped > 0 ? `, ${pictures.skipped} that could not be read skipped` : ''),
    ...(dataset.leftOut > 0 ? [`${dataset.leftOut} objects beyond the slots of a picture left out`] : []),
    `${trainableParameters} parameters learnt`,
    ...(first && last
      ? [`validation loss ${first[1].toFixed(4)} before, ${last[1].toFixed(4)} after ${last[0]} steps`]
      : []),
    ...(figures
      ? [
          `validation pictures: mean IoU ${figures.meanIoU.toFixed(3)}, success ` +
            `${figures.instanceSuccessRate.toFixed(3)}, AP50 ${figures.AP50.toFixed(3)}, AP ${figures.AP.toFixed(3)}`,
        ]
      : []),
  ];
}
