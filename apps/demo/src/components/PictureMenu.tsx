import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { cancelDrag } from '../canvas/pointer.js';
import { copyPicture, isPainted, savePicture } from '../pictures/pictureFile.js';
import { pictureAt } from '../state/comparison.js';
import { shots } from '../state/shots.js';
import { focusIfLost } from './focus.js';

/** Where the menu stands, in CSS pixels of the canvas, and the id of its picture; undefined where it is shut. */
const menuAt = signal<{ readonly x: number; readonly y: number; readonly id: string } | undefined>(undefined);

/** Opens the menu of the picture under the pointer; the browser's own where there is none. */
export function openPictureMenu(event: MouseEvent): void {
  const { left, top, width, height } = (event.currentTarget as HTMLElement).getBoundingClientRect();
  // Keys ask for it without a place.
  const [x, y] = [event.clientX - left, event.clientY - top];
  const picture = pictureAt((100 * x) / Math.max(1, width));
  if (!isPainted(picture)) return;
  event.preventDefault();
  // A long touch has begun one, and would go on under the menu.
  cancelDrag();
  menuAt.value = {
    x: Math.min(Math.max(x, 0), width - 160),
    y: Math.min(Math.max(y, 0), height - 90),
    id: picture.id,
  };
}

/** What a right click, a long touch and the menu key offer for the picture. */
export function PictureMenu() {
  const menu = useRef<HTMLDivElement>(null);
  const at = menuAt.value;
  const shot = at && shots.value.find(({ id }) => id === at.id);
  const isOpen = at !== undefined && isPainted(shot);
  useEffect(() => {
    if (!isOpen) return;
    let before = document.activeElement;
    menu.current?.querySelector('button')?.focus({ preventScroll: true });
    const shut = ({ target }: Event): void => {
      if (menu.current?.contains(target as Node)) return;
      // The focus goes with the press.
      before = null;
      menuAt.value = undefined;
    };
    addEventListener('pointerdown', shut, { capture: true });
    return () => {
      removeEventListener('pointerdown', shut, { capture: true });
      if (before instanceof HTMLElement) focusIfLost(before);
    };
  }, [isOpen]);
  if (!at || !isPainted(shot)) return null;
  const choose = (act: () => Promise<void>) => () => {
    menuAt.value = undefined;
    void act();
  };
  return (
    <div
      ref={menu}
      data-own
      role="menu"
      tabIndex={-1}
      aria-label="The picture"
      class="picture-menu"
      style={{ left: `${at.x}px`, top: `${at.y}px` }}
      onKeyDown={onMenuKey}
    >
      <button type="button" role="menuitem" onClick={choose(() => copyPicture(shot))}>
        Copy picture
      </button>
      <button type="button" role="menuitem" onClick={choose(() => savePicture(shot))}>
        Save as PNG
      </button>
    </div>
  );
}

function onMenuKey(event: KeyboardEvent): void {
  const items = [...(event.currentTarget as HTMLElement).querySelectorAll('button')];
  const at = items.indexOf(document.activeElement as HTMLButtonElement);
  const steps: Readonly<Record<string, number>> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
  const next = steps[event.key];
  if (next !== undefined) items.at(next % items.length)?.focus();
  else if (event.key === 'Escape' || event.key === 'Tab') menuAt.value = undefined;
  else return;
  event.preventDefault();
  event.stopPropagation();
}
