// The backgrounds by name; each folder's file paints some of them.

import { beach, desert, forest, meadow, snow } from './backgrounds/lands.js';
import { mountains } from './backgrounds/mountains.js';
import { room, sea, studio } from './backgrounds/rooms.js';
import { night, rain, sky, space, sunset } from './backgrounds/skies.js';
import { city, road } from './backgrounds/streets.js';
import type { Canvas } from './canvas.js';
import type { ColourWord } from './colours/rule.js';
import { type SceneRandom, sceneRandom } from './random.js';

/** A procedural background and the words a caption uses for it. */
export interface Background {
  readonly name: string;
  /** Places in a caption, such as "on a beach". */
  readonly places: readonly string[];
  /** Colours that could hardly be seen here. */
  readonly hides?: readonly ColourWord[];
  /** Paints the whole canvas; returns the height from which on objects stand on the ground, above 1 when nothing does. */
  readonly paint: (canvas: Canvas, rng: SceneRandom) => number;
}

/** The backgrounds, in a fixed order. */
export const backgrounds: readonly Background[] = [
  { name: 'sky', places: ['in the sky', 'in a blue sky', 'among the clouds'], paint: sky },
  { name: 'sunset', places: ['at sunset', 'in front of a sunset', 'under a sunset sky'], paint: sunset },
  {
    name: 'night',
    places: ['at night', 'under the stars', 'under a starry night sky'],
    hides: ['black'],
    paint: night,
  },
  { name: 'meadow', places: ['in a meadow', 'on a green meadow', 'on the grass'], paint: meadow },
  { name: 'beach', places: ['on a beach', 'at the beach', 'on the sand by the sea'], paint: beach },
  { name: 'studio', places: ['in a studio', 'on a plain background', 'against a plain wall'], paint: studio },
  {
    name: 'snow',
    places: ['in the snow', 'on snowy hills', 'in a snowy landscape'],
    hides: ['white'],
    paint: snow,
  },
  { name: 'sea', places: ['under the sea', 'under water', 'at the bottom of the sea'], paint: sea },
  { name: 'forest', places: ['in a forest', 'in the woods', 'deep in the forest'], paint: forest },
  { name: 'desert', places: ['in the desert', 'in a sandy desert', 'on sand dunes'], paint: desert },
  { name: 'city', places: ['in a city', 'in the city', 'on a city street'], paint: city },
  { name: 'room', places: ['in a living room', 'in a room', 'indoors'], paint: room },
  {
    name: 'mountains',
    places: ['in the mountains', 'in front of mountains', 'below high peaks'],
    paint: mountains,
  },
  { name: 'road', places: ['on a road', 'on a country road', 'on the highway'], paint: road },
  {
    name: 'space',
    places: ['in space', 'in outer space', 'among the planets'],
    hides: ['black'],
    paint: space,
  },
  { name: 'rain', places: ['in the rain', 'on a rainy day', 'in rainy weather'], paint: rain },
];

/** Names of every background. */
export const backgroundNames: readonly string[] = backgrounds.map((background) => background.name);

/**
 * Paints the background of that name; the same seed gives the same picture. Returns the height (0 top, 1 bottom) from
 * which on objects stand on the ground. Throws on an unknown name.
 */
export function paintBackground(canvas: Canvas, name: string, seed: number): number {
  const background = backgrounds.find((entry) => entry.name === name);
  if (!background)
    throw new Error(`background: "${name}" is unknown; use one of ${backgroundNames.join(', ')}`);
  return background.paint(canvas, sceneRandom(seed, `background ${name}`));
}
