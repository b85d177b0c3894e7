/**
 * Does by `act` what removes the element that was pressed, such as a button of a list's entry. The keyboard's focus, which would go
 * with it, goes to the same button of the entry after it or before it, else to the first button of the section, else of the panel.
 */
export function removeKeepingFocus({ currentTarget }: Event, act: () => void): void {
  const button = currentTarget as HTMLElement;
  const item = button.closest('li');
  const around = [button.closest('section'), button.closest('details')];
  const beside = item?.nextElementSibling ?? item?.previousElementSibling;
  const next = beside && [...beside.querySelectorAll('button')].at(-1);
  act();
  requestAnimationFrame(() => {
    const firsts = around.map((each) => each?.querySelector<HTMLElement>('summary, button:enabled'));
    const [target] = [next, ...firsts].filter((each) => each?.isConnected);
    focusIfLost(target);
  });
}

/** Gives the keyboard's focus to an element where what had it is gone, or cannot be pressed any more. */
export function focusIfLost(element: HTMLElement | null | undefined): void {
  const { activeElement, body } = document;
  if (activeElement === body || activeElement?.matches(':disabled')) element?.focus({ preventScroll: true });
}
