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
    if (document.activeElement !== document.body) return;
    const [target] = [next, panel?.querySelector<HTMLElement>('summary, button:enabled')].filter(
      (each) => each?.isConnected,
    );
    target?.focus({ preventScroll: true });
  });
}
