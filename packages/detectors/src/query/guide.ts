// The `query` detector as a guide: it tells what a layout asks for in its own targets.

import { type LabelledBox, type Layout, MAX_OBJECTS, type SupervisingDetector } from '@spatiallock/core';
import type { QueryDetector } from './detector.js';
import { queryLoss } from './loss.js';
import { queryTargetInputs, queryTargets } from './targets.js';

const SLOTS = { objects: MAX_OBJECTS };

/**
 * A guide from a detector. `labelOf` gives the detector's label of the thing that a phrase names. An object whose label
 * the detector lacks is not looked for: what is drawn for it counts as something that nobody asked for.
 */
export function queryGuide(
  { config, graph, weights }: Pick<QueryDetector, 'config' | 'graph' | 'weights'>,
  labelOf: (phrase: string) => string | undefined,
): SupervisingDetector<Layout> {
  const known = ({ objects }: Layout): LabelledBox[] =>
    objects.flatMap(({ phrase, box }) => {
      const label = labelOf(phrase);
      return label !== undefined && config.labels.includes(label) ? [{ label, box }] : [];
    });
  return {
    // Each picture's own loss: how it is moved must not depend on what is painted beside it.
    graph: { ...graph, loss: (outputs, targets) => queryLoss(config, outputs, targets).perPicture },
    weights,
    imageSize: config.image_size,
    inputs: (batch) => queryTargetInputs(config, batch, SLOTS),
    targets: (layouts) => queryTargets(config, layouts.map(known), SLOTS),
  };
}
