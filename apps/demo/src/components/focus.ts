/**
 * Removes an entry of a list by `act`. The keyboard's focus, which would go with the entry's button, goes to the same button of
 * the entry after it or before it, else to the first button of the panel.
 */
export function removeKeepingFocus({ currentTarget }: Event, act: () => void): void {
  const button = currentTarget as HTMLElement;
  const item = button.closest('li');
  const panel = button.closest('details, section');
  const beside = item?.nextElementSibling ?? item?.previousElementSibling;
  const next = beside && [...beside.querySelectorAll('button')].at(-1);
  act();
  requestAnimationFrame(() => {
    const [target] = [next, panel?.querySelector<HTMLElement>('summary, button:enabled')].filter(
      (each) => each?.isConnected,
    );
    focusIfLost(target);
  });
}

/** Gives the keyboard's focus to an element where what had it is gone. */
export function focusIfLost(element: HTMLElement | null | undefined): void {
  if (document.activeElement === document.body) element?.focus({ preventScroll: true });
}
