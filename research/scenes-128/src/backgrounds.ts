// The backgrounds by name; each folder's file paints some of them.

import { type SceneRandom, sceneRandom } from '@spatiallock/scenes/web';
import { beach, meadow, snow } from './backgrounds/lands.js';
import { sea, studio } from './backgrounds/rooms.js';
import { night, sky, sunset } from './backgrounds/skies.js';
import type { Canvas } from './canvas.js';

/** A procedural background and the words a caption uses for it. */
export interface Background {
  readonly name: string;
  /** Endings of a caption, such as "on a beach". */
  readonly places: readonly string[];
  /** Paints the whole canvas; the random numbers decide how. */
  readonly paint: (canvas: Canvas, rng: SceneRandom) => void;
}

/** The eight backgrounds, in a fixed order. */
export const backgrounds: readonly Background[] = [
  { name: 'sky', places: ['in the sky', 'in a blue sky', 'among the clouds'], paint: sky },
  { name: 'sunset', places: ['at sunset', 'in front of a sunset', 'under a sunset sky'], paint: sunset },
  { name: 'night', places: ['at night', 'under the stars', 'under a starry night sky'], paint: night },
  { name: 'meadow', places: ['in a meadow', 'on a green meadow', 'on the grass'], paint: meadow },
  { name: 'beach', places: ['on a beach', 'at the beach', 'on the sand by the sea'], paint: beach },
  { name: 'studio', places: ['in a studio', 'on a plain background', 'against a plain wall'], paint: studio },
  { name: 'snow', places: ['in the snow', 'on snowy hills', 'in a snowy landscape'], paint: snow },
  { name: 'sea', places: ['under the sea', 'under water', 'at the bottom of the sea'], paint: sea },
];

/** Names of every background. */
export const backgroundNames: readonly string[] = backgrounds.map((background) => background.name);

/** Paints the background of that name; the same seed gives the same picture. Throws on an unknown name. */
export function paintBackground(canvas: Canvas, name: string, seed: number): void {
  const background = backgrounds.find((entry) => entry.name === name);
  if (!background)
    throw new Error(`background: "${name}" is unknown; use one of ${backgroundNames.join(', ')}`);
  background.paint(canvas, sceneRandom(seed, `background ${name}`));
}
