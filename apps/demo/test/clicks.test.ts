// Presses on the canvas: which box is picked, which one a double click names, and what a long touch leaves alone.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Drawing } from '../src/state/drawing.js';

const SIDE = 400;
/** A large box, a small one over it, and one apart. */
const drawing: Drawing = {
  prompt: '',
  negativePrompt: '',
  objects: [
    { id: 'large', phrase: 'a dog', box: [0, 0, 0.5, 0.5], colour: 0 },
    { id: 'small', phrase: 'a cat', box: [0.1, 0.1, 0.3, 0.3], colour: 1 },
    { id: 'apart', phrase: 'an apple', box: [0.6, 0.6, 0.9, 0.9], colour: 2 },
  ],
};

class TestElement {
  constructor(private readonly data: { readonly handle?: string; readonly box?: string } = {}) {}
  closest(selector: string) {
    const [, name] = /^\[data-(\w+)\]$/.exec(selector)!;
    return name! in this.data ? { dataset: this.data } : null;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.resetModules();
  vi.stubGlobal('Element', TestElement);
  vi.stubGlobal('HTMLElement', class {});
  vi.stubGlobal('CSS', { escape: (text: string) => text });
  vi.stubGlobal('document', { activeElement: null, documentElement: { dataset: {} } });
  vi.stubGlobal('location', { hash: '' });
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => undefined }));
  for (const name of ['addEventListener', 'removeEventListener']) vi.stubGlobal(name, () => undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

type Point = readonly [x: number, y: number];

async function canvas() {
  const [pointer, { restore }, { naming }, { selectedIds }] = await Promise.all([
    import('../src/canvas/pointer.js'),
    import('../src/state/studio.js'),
    import('../src/state/view.js'),
    import('../src/state/selection.js'),
  ]);
  restore(drawing);
  const stage = {
    clientWidth: SIDE,
    getBoundingClientRect: () => ({ left: 0, top: 0, width: SIDE, height: SIDE }),
    setPointerCapture: () => undefined,
    querySelector: () => null,
  };
  const eventAt = ([x, y]: Point, more: object) =>
    ({
      ...{ button: 0, pointerId: 1, pointerType: 'mouse', clientX: x * SIDE, clientY: y * SIDE },
      ...{ currentTarget: stage, target: new TestElement(), ...more },
    }) as unknown as PointerEvent;
  const click = (at: Point, more: object = {}): void => {
    pointer.onPointerDown(eventAt(at, more));
    pointer.onPointerUp(eventAt(at, more));
    vi.advanceTimersByTime(100);
  };
  const doubleClick = (at: Point, more: object = {}): void => {
    click(at, more);
    click(at, more);
    pointer.onDoubleClick(eventAt(at, more));
  };
  return { ...pointer, eventAt, click, doubleClick, naming, selectedIds };
}

describe('a double click', () => {
  it('names the box that its first click found selected, or picked', async () => {
    const { click, doubleClick, naming, selectedIds } = await canvas();
    doubleClick([0.2, 0.2]);
    expect([naming.value, selectedIds.value]).toEqual(['small', ['small']]);
    naming.value = undefined;
    vi.advanceTimersByTime(5000);
    for (const id of ['small', 'large']) {
      click([0.2, 0.2]);
      expect(selectedIds.value).toEqual([id]);
      vi.advanceTimersByTime(5000);
    }
    doubleClick([0.2, 0.2]);
    expect(naming.value).toBe('large');
  });

  it('names nothing where no box was clicked: on the empty canvas, and with Shift, which selects', async () => {
    const { click, doubleClick, naming, selectedIds } = await canvas();
    click([0.2, 0.2]);
    doubleClick([0.8, 0.2]);
    expect([naming.value, selectedIds.value]).toEqual([undefined, []]);
    click([0.2, 0.2]);
    doubleClick([0.7, 0.7], { shiftKey: true });
    expect([naming.value, selectedIds.value]).toEqual([undefined, ['small']]);
  });

  it('of a finger names the box under it, also right after a tap on another one', async () => {
    const { click, naming } = await canvas();
    const finger = { pointerType: 'touch' };
    click([0.2, 0.2], finger);
    click([0.7, 0.7], finger);
    click([0.7, 0.7], finger);
    expect(naming.value).toBe('apart');
  });

  it('on a handle names its box, also where another one lies over it', async () => {
    const { click, doubleClick, naming } = await canvas();
    click([0.7, 0.7]);
    doubleClick([0.3, 0.3], { target: new TestElement({ handle: 'se', box: 'large' }) });
    expect(naming.value).toBe('large');
  });
});

describe('the menu of the picture', () => {
  it('ends the drag that a long touch has begun', async () => {
    const { onPointerDown, onPointerMove, onPointerUp, draft, eventAt } = await canvas();
    const [{ openPictureMenu }, { add, shownId }, { variantOf, standardSettings }] = await Promise.all([
      import('../src/components/PictureMenu.js'),
      import('../src/state/shots.js'),
      import('../src/state/settings.js'),
    ]);
    const picture = { width: 1, height: 1, channels: 3 as const, data: new Uint8ClampedArray(3) };
    const [shot] = add(drawing, [variantOf(standardSettings)], { status: 'done', picture });
    shownId.value = shot!.id;
    onPointerDown(eventAt([0.6, 0.1], {}));
    openPictureMenu(eventAt([0.6, 0.1], { preventDefault: () => undefined }));
    onPointerMove(eventAt([0.8, 0.3], {}));
    expect([draft.value, onPointerUp(eventAt([0.8, 0.3], {}))]).toEqual([undefined, undefined]);
  });
});
