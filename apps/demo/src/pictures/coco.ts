import { type CocoData, writeCoco } from '@spatiallock/data';
import { labelOf } from '@spatiallock/scenes/web';
import type { Shot } from '../state/shots.js';

/** A finished picture as a COCO data set of one; the boxes are those asked for, with what each is called. */
export function cocoOf({ layout, picture }: Shot, fileName: string): CocoData {
  if (!picture) throw new Error('the picture is not finished yet');
  const objects = layout.objects.map(({ phrase, box }) => ({
    label: labelOf(phrase) ?? phrase,
    phrase,
    box,
  }));
  const { width, height } = picture;
  const labels = [...new Set(objects.map(({ label }) => label))];
  return writeCoco([{ fileName, width, height, caption: layout.prompt, objects }], labels);
}
