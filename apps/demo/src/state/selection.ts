// Which boxes are selected: one, several, or none.

import { computed, signal } from '@preact/signals';

/** The last is the one that has the focus. */
export const selectedIds = signal<readonly string[]>([]);
export const selectedId = computed(() => selectedIds.value.at(-1));
/** While several are put together by keys, the focus moves and changes nothing. */
export const isGathering = signal(false);
/** Whether drags on the canvas select, for those who have no Shift key. */
export const isSelecting = signal(false);

export const isSelected = (id: string): boolean => selectedIds.value.includes(id);

/** These and no other. */
export function select(...ids: readonly string[]): void {
  selectedIds.value = ids;
  isGathering.value = false;
}

/** One more, or one less. */
export function toggle(id: string): void {
  const others = selectedIds.value.filter((each) => each !== id);
  selectedIds.value = isSelected(id) ? others : [...others, id];
  isGathering.value = selectedIds.value.length > 0;
}

/** Several at once; the focus may go from one to another of them. */
export function selectMany(ids: readonly string[]): void {
  selectedIds.value = ids;
  isGathering.value = ids.length > 1;
}

/** The box that the focus came to. */
export function focusOn(id: string): void {
  if (!isGathering.value && !isSelected(id)) select(id);
}
