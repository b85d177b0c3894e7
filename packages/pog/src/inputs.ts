// The boxes that PoG compares with, as graph inputs and as numbers.

import { type Box, input, type Layout, type Tensors, tensor, type Values } from '@spatiallock/core';

/** Names of the graph inputs that PoG is fed by. */
export const pogInputs = {
  boxes: 'pog.boxes',
  masks: 'pog.masks',
  rows: 'pog.rows',
  imageWeight: 'pog.imageWeight',
} as const;

/** `pog.boxes` [batch, objects, 4] and `pog.masks` [batch, objects]. */
export function boxInputs(batch: number, objects: number): Values {
  return {
    [pogInputs.boxes]: input(pogInputs.boxes, [batch, objects, 4]),
    [pogInputs.masks]: input(pogInputs.masks, [batch, objects]),
  };
}

/** The numbers for `boxInputs`, in the order of the grounding slots; throws where a picture has too many boxes. */
export function boxTensors(pictures: readonly (readonly Box[])[], objects: number): Tensors {
  const batch = pictures.length;
  const boxes = new Float32Array(batch * objects * 4);
  const masks = new Float32Array(batch * objects);
  pictures.forEach((own, row) => {
    if (own.length > objects) {
      throw new Error(`pictures[${row}]: ${own.length} boxes do not fit ${objects} slots; raise objects`);
    }
    own.forEach((box, i) => {
      boxes.set(box, (row * objects + i) * 4);
      masks[row * objects + i] = 1;
    });
  });
  return {
    [pogInputs.boxes]: tensor(boxes, [batch, objects, 4]),
    [pogInputs.masks]: tensor(masks, [batch, objects]),
  };
}

export const boxesOf = ({ objects }: Layout): readonly Box[] => objects.map(({ box }) => box);
