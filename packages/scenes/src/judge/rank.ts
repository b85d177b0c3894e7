// Which class stands at a place: every class is tried there.

import type { Box } from '@spatiallock/core';
import type { Art } from '../art.js';
import { descend, type Found } from './fit.js';
import { sampleOf } from './sample.js';
import { mismatch, type Sample, type Template } from './templates.js';
import { costOf, type Pose, patchOf, type View } from './view.js';

/** The best template of each class, best first. */
export function bestOfEach(
  sample: Sample,
  templates: readonly Template[],
): { template: Template; cost: number }[] {
  const best = new Map<number, { template: Template; cost: number }>();
  for (const template of templates) {
    const known = best.get(template.index)?.cost ?? Number.POSITIVE_INFINITY;
    const cost = mismatch(sample, template, known);
    if (cost < known) best.set(template.index, { template, cost });
  }
  return [...best.values()].sort((a, b) => a.cost - b.cost);
}

/** How many other classes get a try at a better place, from each box. */
const RIVALS = 4;

/**
 * The found object's place among all classes (1: no other fits better), and the class that comes first. Others start
 * from the found box, and from `asked`, for the search of a wrong class may have ended beside the true one. A class that
 * explains no more than `margin` (a part of what is there) beyond the found one does not come before it.
 */
export function rankOf(
  art: Art,
  view: View,
  templates: readonly Template[],
  found: Found,
  asked: Box = found.pose.box,
  margin = 0,
): { rank: number; first: number } {
  const { index } = found.pose;
  const steps = [0.05, 0.02];
  const refined = (pose: Pose): Found =>
    descend(art, view, { pose, cost: costOf(view, patchOf(art, pose, view.size)) }, steps);
  const own = refined(found.pose);
  const boxes = asked === found.pose.box ? [asked] : [found.pose.box, asked];
  const tried = boxes.flatMap((box) =>
    bestOfEach(sampleOf(view, box), templates)
      .filter(({ template }) => template.index !== index)
      .slice(0, RIVALS)
      .map(({ template: { index: other, flip, colour } }) => refined({ index: other, flip, colour, box })),
  );
  const better = tried.filter(({ cost }) => cost < own.cost - margin * view.total);
  const [first = own] = better.sort((a, b) => a.cost - b.cost);
  return { rank: 1 + new Set(better.map(({ pose }) => pose.index)).size, first: first.pose.index };
}
