// The graph that trains a stage on a device.

import type { Backend, Graph } from '@spatiallock/core';
import { type TrainingOptions, trainingGraph } from '@spatiallock/core/train';

/** The loss is scaled where the device computes in half precision, unless the stage says otherwise. */
export const stageGraph = (stage: TrainingOptions, { precision }: Backend): Graph =>
  trainingGraph({ ...stage, lossScaling: stage.lossScaling ?? precision === 'half' });
