// What was learnt, over the model of the page: laid over it, waiting for pictures in progress, or set aside. It is dropped
// only where somebody asks for that.

import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import { adapter, given, type LoadedAdapter, setAdapter } from './engine.js';
import { isPainting } from './painting.js';

/** Taken off the model, the latest first: all of them, until somebody deletes one. */
export const inactiveAdapters = signal<readonly LoadedAdapter[]>([]);
/** Learnt while pictures are painted, which are finished with the model as it is. */
export const pendingAdapter = signal<LoadedAdapter | undefined>(undefined);

const isSame = (a: LoadedAdapter, b: LoadedAdapter | undefined): boolean => a.bytes === b?.bytes;

/** Puts adapters in front of the inactive ones, except unproven ones, which still exist as files. */
function setAside(...others: readonly (LoadedAdapter | undefined)[]): void {
  const worth = others.filter((each) => each !== undefined && !each.unproven) as readonly LoadedAdapter[];
  const before = inactiveAdapters.value.filter((each) => !worth.some((other) => isSame(each, other)));
  inactiveAdapters.value = [...worth, ...before];
}

/** Opens the page's model with an adapter; the one before is set aside. Ends what is painted. */
export function applyAdapter(laid: LoadedAdapter): void {
  batch(() => {
    if (adapter.value && !isSame(adapter.value, laid)) setAside(adapter.value);
    deleteAdapter(laid);
    setAdapter(laid);
  });
}

/** Opens the page's model as it is; the adapter is set aside. Ends what is painted. */
export function removeAdapter(): void {
  batch(() => {
    setAside(adapter.value);
    setAdapter(undefined);
  });
}

/** Drops one that was set aside. */
export const deleteAdapter = (dropped: LoadedAdapter): void => {
  inactiveAdapters.value = inactiveAdapters.value.filter((each) => !isSame(each, dropped));
};

/** Reloading the page's model would cancel pictures; a model of the visitor's own stays open. */
const isInUse = computed(() => isPainting.value && given.value === undefined);

/** Lays what was learnt over the model once no picture is in progress. Resolves when it is asked for. */
export async function applyAdapterWhenIdle(laid: LoadedAdapter): Promise<void> {
  batch(() => {
    setAside(pendingAdapter.value);
    pendingAdapter.value = laid;
  });
  await turnsFalse(isInUse);
  // Something else was learnt meanwhile.
  if (pendingAdapter.value !== laid) return;
  batch(() => {
    pendingAdapter.value = undefined;
    if (given.value === undefined) applyAdapter(laid);
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
