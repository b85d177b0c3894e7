// Objects that nobody asked for, and objects that a caption alone has named.

import { type Box, iou as boxIou } from '@spatiallock/core';
import type { Art } from '../art.js';
import type { ColourWord } from '../colours/rule.js';
import { naturalColours } from '../colours/wardrobe.js';
import { boxInside } from '../shape.js';
import { backdropOf } from './backdrop.js';
import { descend, type Found } from './fit.js';
import { grown, type Picture } from './picture.js';
import { rankOf } from './rank.js';
import { type Candidate, classesAt, type Sweep, scan, windows } from './scan.js';
import type { Template } from './templates.js';
import { type Fit, fitOf, type Pose, patchOf, viewOf } from './view.js';

/** Something that was found without knowing where. */
export interface Sighting extends Fit {
  readonly pose: Pose;
  readonly rank: number;
  readonly first: number;
}

/** The side in pixels at which sightings are fitted. */
const FITTED = 44;

/**
 * Fits candidates of one place, and ranks the best of them if it is good enough; `known` are other objects of the
 * picture, back to front.
 */
function sight(
  art: Art,
  pictures: readonly Picture[],
  templates: readonly Template[],
  candidates: readonly Candidate[],
  known: readonly Pose[],
  enough: (fit: Fit) => boolean,
): Sighting | undefined {
  const fits = candidates.map(({ template: { index, flip, colour }, box }) => {
    const [width, height] = [box[2] - box[0], box[3] - box[1]];
    const picture =
      pictures.find((level) => Math.max(width * level.width, height * level.height) <= FITTED) ??
      pictures[pictures.length - 1];
    const backdrop = backdropOf(picture, [box, ...known.map((pose) => pose.box)]);
    const view = viewOf(art, picture, backdrop, grown(box, 0.4), known, []);
    const start: Found = { pose: { index, flip, colour, box }, cost: Number.POSITIVE_INFINITY };
    const found = descend(art, view, start, [0.1, 0.05, 0.02]);
    return { found, picture, backdrop, fit: fitOf(view, patchOf(art, found.pose, picture)) };
  });
  const [best] = fits.sort((a, b) => b.fit.gain - a.fit.gain);
  if (!best || !enough(best.fit)) return undefined;
  const { found, picture, backdrop, fit } = best;
  const tight = viewOf(art, picture, backdrop, grown(found.pose.box, 0.1), known, []);
  const ranked = rankOf(art, tight, templates, found);
  return ranked.rank === 1 ? { pose: found.pose, ...fit, ...ranked } : undefined;
}

/** True when a box is much the same as another, or mostly inside of it. */
const meets = (box: Box, others: readonly Box[], iou: number, inside: number): boolean =>
  others.some((other) => boxIou(box, other) > iou || boxInside(box, other) > inside);

/** Candidates without those near better ones. */
function apart(candidates: readonly Candidate[], most: number): Candidate[] {
  const kept: Candidate[] = [];
  for (const candidate of candidates) {
    if (kept.length === most) break;
    if (!kept.some(({ box }) => boxIou(box, candidate.box) > 0.35)) kept.push(candidate);
  }
  return kept;
}

/** Widths / heights at which unasked classes are looked for, each with the templates of about that aspect. */
const ASPECTS = [0.5, 0.75, 1.1, 1.65];
const UNASKED_SIDES = [0.15, 0.19, 0.24, 0.3, 0.38];
const TRIED = 6;

/** Sprites that reach out of the picture explain anything at its edge. */
const insidePicture = (box: Box): boolean => Math.min(...box) > -0.02 && Math.max(...box) < 1.02;

/** Alarms are rather missed than raised for nothing. */
const sure = ({ gain, misfit, visible }: Fit): boolean => gain >= 0.84 && misfit <= 0.12 && visible > 0.6;

/** Objects outside of the poses that were asked for. `pictures` are the levels to search, the finest best 128 pixels wide. */
export function findUnasked(
  art: Art,
  pictures: readonly Picture[],
  templates: readonly Template[],
  asked: readonly Pose[],
): Sighting[] {
  const taken = asked.map(({ box }) => box);
  const seen = ASPECTS.flatMap((aspect) => {
    const fitting = templates.filter(
      ({ index }) => Math.abs(Math.log(art.sprites[index].aspect / aspect)) < 0.25,
    );
    const free = windows({ sides: UNASKED_SIDES, stride: 0.3, aspect }).filter(
      (box) => !meets(box, taken, 0.1, 0.3),
    );
    return scan(pictures, free, fitting, { leastGain: 0.35, empty: 0.15, probe: 0.5 });
  });
  const sightings = apart(
    seen.sort((a, b) => b.gain - a.gain),
    TRIED,
  ).flatMap(({ box }) => {
    const sighting = sight(art, pictures, templates, classesAt(pictures, box, templates, 3), asked, sure);
    return sighting && insidePicture(sighting.pose.box) && !meets(sighting.pose.box, taken, 0.15, 0.4)
      ? [sighting]
      : [];
  });
  return sightings.filter(
    ({ pose }, i) =>
      !meets(
        pose.box,
        sightings.slice(0, i).map((other) => other.pose.box),
        0.3,
        0.6,
      ),
  );
}

/** An object that a caption names. */
export interface Named {
  readonly index: number;
  readonly colour?: ColourWord;
}

const NAMED_SIDES = [0.12, 0.16, 0.22, 0.3, 0.4, 0.54];
const NAMED_STRETCHES = [0.8, 1.25];
const NAMED_TRIED = 6;

const there = ({ gain, misfit }: Fit): boolean => gain >= 0.62 && misfit <= 0.3;

/**
 * For each named object, where in the picture it is found, or undefined; no two take the same place. It has to wear the
 * colour that was named, or its own where none was.
 */
export function findNamed(
  art: Art,
  pictures: readonly Picture[],
  templates: readonly Template[],
  named: readonly Named[],
): (Sighting | undefined)[] {
  const taken: Box[] = [];
  return named.map(({ index, colour }) => {
    const worn = colour === naturalColours[index] ? undefined : colour;
    const own = templates.filter((template) => template.index === index && template.colour === worn);
    const sweeps = NAMED_STRETCHES.map(
      (stretch): Sweep => ({
        sides: NAMED_SIDES,
        stride: 0.28,
        aspect: art.sprites[index].aspect * stretch,
      }),
    );
    const seen = sweeps
      .flatMap((sweep) => scan(pictures, windows(sweep), own, { leastGain: 0.15, empty: 0.06, probe: 1 }))
      .sort((a, b) => b.gain - a.gain);
    for (const candidate of apart(seen, NAMED_TRIED)) {
      const sighting = sight(art, pictures, templates, [candidate], [], there);
      if (!sighting || meets(sighting.pose.box, taken, 0.5, 0.9)) continue;
      taken.push(sighting.pose.box);
      return sighting;
    }
    return undefined;
  });
}
