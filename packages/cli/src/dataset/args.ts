// The flags of `dataset`.

import type { ArgsDef } from 'citty';
import { detectorArgs } from '../detectors.js';
import { sharedArgs } from '../request.js';
import { datasetFormats } from './assemble.js';

export const datasetArgs = {
  layouts: { type: 'string', valueHint: 'file', description: 'layouts to paint: a JSON list, or one a line' },
  spec: {
    type: 'string',
    valueHint: 'file',
    description: 'classes, sizes and captions of layouts drawn at random',
  },
  coco: {
    type: 'string',
    valueHint: 'file',
    description: "somebody's COCO file, whose boxes are painted anew",
  },
  out: {
    type: 'string',
    alias: 'o',
    valueHint: 'folder',
    description: 'where the data set goes; made if missing',
  },
  format: {
    type: 'string',
    valueHint: 'coco,yolo',
    description: `${datasetFormats.join(', ')}, one or several between commas; default coco`,
  },
  count: {
    type: 'string',
    valueHint: '1',
    description: 'pictures of each layout, with seeds of their own; default 1',
  },
  splits: {
    type: 'string',
    valueHint: 'train=0.8,val=0.2',
    description: 'parts and their shares; all pictures of a layout lie in one; default train=1',
  },
  classes: {
    type: 'string',
    valueHint: 'dog,cat',
    description: 'the classes in their order; default those of the layouts, by the alphabet',
  },
  verify: {
    type: 'string',
    valueHint: 'builtin',
    description: 'judge every picture: builtin (the scenes), nanodet, or a module, a path or a package',
  },
  'detector-files': detectorArgs['detector-files'],
  'min-iou': {
    type: 'string',
    valueHint: '0.5,dog=0.6',
    description: 'the overlap that every object must reach, and those of single classes; default 0.5',
  },
  retry: {
    type: 'string',
    valueHint: '0',
    description: 'draw again, up to so many times, 0..100; default 0',
  },
  failed: {
    type: 'string',
    valueHint: 'drop',
    description: 'pictures that miss a box: keep, flag or drop; default drop',
  },
  unasked: {
    type: 'string',
    valueHint: 'flag',
    description: 'pictures with objects that nobody asked for: keep, flag or drop; default flag',
  },
  duplicates: {
    type: 'string',
    valueHint: 'flag',
    description: 'pictures that look like an earlier one: keep, flag or drop; default flag',
  },
  licence: { type: 'string', valueHint: 'name', description: 'of the pictures, for their metadata' },
  queue: {
    type: 'string',
    valueHint: 'redis://host:6379',
    description: 'leave the painting to `spatiallock worker` on any machine, by jobs of a Redis',
  },
  batch: { type: 'string', valueHint: '8', description: 'pictures sampled at once, 1..256; default 8' },
  quiet: { type: 'boolean', description: 'print nothing but errors' },
  ...sharedArgs,
} as const satisfies ArgsDef;
