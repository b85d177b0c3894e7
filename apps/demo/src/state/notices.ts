// Short notes at the edge of the page, read out by screen readers.

import { signal, untracked } from '@preact/signals';

export interface Notice {
  readonly id: number;
  readonly kind: 'info' | 'error';
  readonly text: string;
}

export const notices = signal<readonly Notice[]>([]);
/** Read out and not shown: what can be seen on the page. */
export const announced = signal('');
let count = 0;

/** Has a text read out, also where it is the one that was read out last: only what changes is read. */
export function announce(text: string): void {
  announced.value = announced.value === text ? `${text}\u00a0` : text;
}

export function say(kind: Notice['kind'], text: string): void {
  const notice = { id: ++count, kind, text };
  notices.value = [...notices.value.slice(-2), notice];
  setTimeout(() => dismiss(notice.id), kind === 'error' ? 12_000 : 4_000);
}

/** Says an error the first time that it is called. Untracked: the notices that it changes are no reason to say it again. */
export function sayingOnce(text: string): () => void {
  let isSaid = false;
  return () => {
    if (isSaid) return;
    isSaid = true;
    untracked(() => say('error', text));
  };
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}
