// Held-out scenes to measure a model by, and the judge that knows their art.

import type { RgbImage } from '@spatiallock/core';
import { layoutFromCaption } from '@spatiallock/data';
import {
  type Art,
  isHeldOut,
  type Pairs,
  planScene,
  renderScene,
  type ScenePlan,
  type Variety,
} from '@spatiallock/scenes';
import { artDetector } from '@spatiallock/scenes/judge';
import { backgroundNames, classOf, labelOf } from '@spatiallock/scenes/web';

/** A held-out scene as it is asked for and judged. */
export interface Scene {
  readonly plan: ScenePlan;
  readonly layout: {
    readonly prompt: string;
    readonly objects: readonly Pick<ScenePlan['objects'][number], 'phrase' | 'box'>[];
  };
  readonly labels: readonly string[];
  readonly unseen: readonly boolean[];
  readonly background: string;
}

interface SceneChoice {
  /** The first scene is number `seed * count` of its kind. */
  readonly count: number;
  readonly seed: number;
  readonly variety: Variety;
  readonly pairs: Pairs;
}

export function scenesOf({ count, seed, variety, pairs }: SceneChoice): Scene[] {
  return Array.from({ length: count }, (_, i) => sceneOf(seed * count + i, variety, pairs));
}

function sceneOf(seed: number, variety: Variety, pairs: Pairs): Scene {
  const plan = planScene(seed, { split: 'heldout', variety, pairs });
  return {
    plan,
    layout: { prompt: plan.caption, objects: plan.objects.map(({ phrase, box }) => ({ phrase, box })) },
    labels: plan.objects.map(({ label }) => label),
    unseen: plan.objects.map(({ index }) => isHeldOut(index, backgroundNames.indexOf(plan.background))),
    background: plan.background,
  };
}

/** What `spatiallock generate` asks for where it is given the caption alone. */
export function boxed(scene: Scene, seed: number): Scene {
  const aspectOf = (label: string): number => classOf(label).aspect;
  const layout = layoutFromCaption(scene.layout.prompt, { labelOf, aspectOf, seed });
  const labels = layout.objects.map(({ phrase }) => labelOf(phrase)!);
  return { ...scene, layout, labels, unseen: labels.map(() => false) };
}

export function judgeOf(art: Art) {
  const { detect, examine, find } = artDetector(art);
  const detectMany = (images: readonly RgbImage[]) => Promise.all(images.map((image) => detect(image)));
  return { detectMany, examine, find };
}

/** The scenes themselves, as the art draws them. */
export function realPictures(art: Art) {
  return async (scenes: readonly Scene[], { width }: Pick<RgbImage, 'width'>): Promise<RgbImage[]> =>
    scenes.map(({ plan }) => realPicture(art, plan, width));
}

function realPicture(art: Art, plan: ScenePlan, size: number): RgbImage {
  const { image } = renderScene(art, plan, { size });
  return { width: size, height: size, channels: 3, data: new Uint8ClampedArray(image) };
}
