// Type tests of what users write against: this file only has to compile, in `npm run typecheck`.

import {
  type Detection,
  type Detector,
  fromPretrained,
  type Layout,
  type StepEvent,
} from '@spatiallock/core';
import type { Backend, Executable, Graph, Tensors } from '@spatiallock/core/graph';
import { type CocoData, type LabelledImage, readCoco, writeCoco } from '@spatiallock/data';
import { type Evaluation, evaluateDetections } from '@spatiallock/evaluation';
import type { heldOutScenes } from '@spatiallock/scenes';
import { expectTypeOf } from 'vitest';

// A layout is plain data, and boxes have four corners.
expectTypeOf<{ prompt: string; objects: [] }>().toExtend<Layout>();
expectTypeOf<Layout['objects'][number]['box']>().toEqualTypeOf<
  readonly [x0: number, y0: number, x1: number, y1: number]
>();
expectTypeOf<{
  prompt: string;
  objects: { phrase: string; box: [number, number] }[];
}>().not.toExtend<Layout>();

// A pipeline streams steps, and gives pictures at the end alone.
type Pipe = Awaited<ReturnType<typeof fromPretrained>>;
expectTypeOf<ReturnType<Pipe['stream']>>().toExtend<AsyncIterable<StepEvent>>();
expectTypeOf<StepEvent['images']>().extract<undefined>().toBeUndefined();
expectTypeOf(fromPretrained).parameter(1).toHaveProperty('backend').toExtend<Backend>();

// A backend compiles graphs; an executable maps tensors to tensors.
expectTypeOf<Backend['compile']>().parameter(0).toEqualTypeOf<Graph>();
expectTypeOf<Executable['run']>().returns.toEqualTypeOf<Promise<Tensors>>();

// A detector needs two members; its graph is optional.
expectTypeOf<{ labels: string[]; detect(): Promise<Detection[]> }>().toExtend<Detector>();
expectTypeOf<{ detect(): Promise<Detection[]> }>().not.toExtend<Detector>();

// Data sets go in and out; labels are the caller's.
expectTypeOf(readCoco).returns.toEqualTypeOf<LabelledImage[]>();
expectTypeOf(writeCoco).parameter(1).toEqualTypeOf<readonly string[]>();
expectTypeOf(writeCoco).returns.toEqualTypeOf<CocoData>();
expectTypeOf(evaluateDetections).returns.toEqualTypeOf<Evaluation>();
expectTypeOf<ReturnType<typeof heldOutScenes>[number]['layout']>().toExtend<Layout>();
