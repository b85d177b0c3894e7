// Real pictures of scenes, beside the painted ones.

import type { ImageSize, RgbImage } from '@spatiallock/core';
import { checkList } from '@spatiallock/core/checks';

/** Gives real pictures of scenes, of the size of the painted ones. */
export type RealPictures<Scene> = (
  scenes: readonly Scene[],
  size: Pick<RgbImage, 'width' | 'height'>,
) => Promise<readonly RgbImage[]>;

/** A real picture for each scene, in the size of its painted one: scenes are asked for together where their sizes agree. */
export async function realPicturesOf<Scene>(
  realPictures: RealPictures<Scene>,
  scenes: readonly Scene[],
  painted: readonly ImageSize[],
): Promise<RgbImage[]> {
  const groups = new Map<string, { readonly size: ImageSize; readonly places: number[] }>();
  for (const [i, { width, height }] of painted.entries()) {
    const key = `${width} x ${height}`;
    const group = groups.get(key) ?? { size: { width, height }, places: [] };
    group.places.push(i);
    groups.set(key, group);
  }
  const all = new Array<RgbImage>(scenes.length);
  for (const { size, places } of groups.values()) {
    const drawn = await realPictures(
      places.map((i) => scenes[i]!),
      size,
    );
    if (checkList(drawn, 'realPictures', 'pictures').length !== places.length) {
      throw new Error(
        `realPictures: gave ${drawn.length} pictures of ${places.length} scenes; give one for each`,
      );
    }
    places.forEach((place, k) => {
      all[place] = drawn[k]!;
    });
  }
  return all;
}
