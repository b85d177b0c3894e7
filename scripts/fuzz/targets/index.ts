import type { Target } from '../target.js';
import { configs } from './configs.js';
import { coco, yolo } from './datasets.js';
import { declarations } from './declarations.js';
import { links, settings, states } from './demo.js';
import { layouts } from './layouts.js';
import { modelDirectories } from './modelDirectories.js';
import { options } from './options.js';
import { safetensors } from './safetensors.js';
import { schedulers } from './schedulers.js';
import { tokenizers } from './tokenizers.js';

export const targets: readonly Target[] = [
  layouts,
  safetensors,
  ...configs,
  schedulers,
  coco,
  yolo,
  tokenizers,
  links,
  states,
  settings,
  options,
  modelDirectories,
  declarations,
];
