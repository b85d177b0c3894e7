import { beforeAll, describe, expect, it } from 'vitest';
import { type Art, classLabels, composeScene, loadArt, type Scene } from '../src/index.js';
import { artDetector, detector, open } from '../src/judge/module.js';

let art: Art;
let scene: Scene;
beforeAll(async () => {
  art = await loadArt();
  scene = composeScene(art, 9003, { split: 'judge', pairs: 'any', size: 128, background: 'beach' });
});

const picture = () => ({
  ...{ width: 128, height: 128, channels: 3 as const },
  data: new Uint8ClampedArray(scene.image),
});

/** The scene as it was asked for. */
const asked = () => ({
  layout: { prompt: scene.caption, objects: scene.objects.map(({ phrase, box }) => ({ phrase, box })) },
  labels: scene.objects.map(({ label }) => label),
  background: scene.background,
});

describe('the judge as a detector', () => {
  it('opens with the labels of the scenes and knows their backgrounds', async () => {
    expect(detector.open).toBe(open);
    const judge = await open();
    expect(judge.labels).toEqual(classLabels);
    expect(judge.labelOf?.('a blue puppy')).toBe('dog');
    const { detections, objects, picture: whole } = await judge.examine(picture(), asked());
    expect(detections.map(({ label }) => label)).toEqual(scene.objects.map(({ label }) => label));
    expect(objects.map((measures) => measures['class first'])).toEqual(scene.objects.map(() => true));
    expect(whole).toEqual({ 'background right': true });
  });

  it('takes backgrounds of a caller', async () => {
    const paint = ({ data }: { readonly data: Float32Array }) => data.fill(128);
    const judge = artDetector(art, { examples: 1, places: { names: ['wall'], paint } });
    const { picture: whole } = await judge.examine(picture(), asked());
    expect(whole).toEqual({ 'background right': false });
  });

  it('names wrong arguments', () => {
    expect(() => artDetector({} as never)).toThrow('art.sprites: must be a list');
    expect(() => artDetector(art, 1 as never)).toThrow('options: must be an object, not 1');
  });
});
