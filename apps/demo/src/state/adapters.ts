// What was learnt, over the model of the page: laid over it, waiting for pictures in progress, or set aside. It is dropped
// only where somebody asks for that.

import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import { adapter, given, type LaidAdapter, setAdapter } from './engine.js';
import { isPainting } from './painting.js';

const MOST_ASIDE = 4;

/** Taken off the model, the latest first. */
export const aside = signal<readonly LaidAdapter[]>([]);
/** Learnt while pictures are painted, which are finished with the model as it is. */
export const awaiting = signal<LaidAdapter | undefined>(undefined);

const isSame = (a: LaidAdapter, b: LaidAdapter | undefined): boolean => a.bytes === b?.bytes;

/** Those before, with others in front; one that never fitted is still in its file. */
function setAside(...others: readonly (LaidAdapter | undefined)[]): void {
  const worth = others.filter((each) => each !== undefined && !each.unproven) as readonly LaidAdapter[];
  const before = aside.value.filter((each) => !worth.some((other) => isSame(each, other)));
  aside.value = [...worth, ...before].slice(0, MOST_ASIDE);
}

/** Opens the page's model with an adapter; the one before is set aside. Ends what is painted. */
export function lay(laid: LaidAdapter): void {
  batch(() => {
    if (adapter.value && !isSame(adapter.value, laid)) setAside(adapter.value);
    forget(laid);
    setAdapter(laid);
  });
}

/** Opens the page's model as it is; the adapter is set aside. Ends what is painted. */
export function takeOff(): void {
  batch(() => {
    setAside(adapter.value);
    setAdapter(undefined);
  });
}

/** Drops one that was set aside. */
export const forget = (dropped: LaidAdapter): void => {
  aside.value = aside.value.filter((each) => !isSame(each, dropped));
};

/** Opening the page's model anew would end pictures; a model of the visitor's own is left open. */
const isInUse = computed(() => isPainting.value && given.value === undefined);

/** Lays what was learnt over the model once no picture is in progress. Resolves when it is asked for. */
export async function layWhenIdle(laid: LaidAdapter): Promise<void> {
  batch(() => {
    setAside(awaiting.value);
    awaiting.value = laid;
  });
  await turnsFalse(isInUse);
  // Something else was learnt meanwhile.
  if (awaiting.value !== laid) return;
  batch(() => {
    awaiting.value = undefined;
    if (given.value === undefined) lay(laid);
    else {
      setAside(adapter.value);
      adapter.value = laid;
    }
  });
}

async function turnsFalse(state: ReadonlySignal<boolean>): Promise<void> {
  while (state.value) {
    await new Promise<void>((resolve) => {
      const end = state.subscribe((value) => {
        if (value) return;
        resolve();
        end();
      });
    });
  }
}
