// Short notes at the edge of the page, read out by screen readers.

import { signal } from '@preact/signals';

export interface Notice {
  readonly id: number;
  readonly kind: 'info' | 'error';
  readonly text: string;
}

export const notices = signal<readonly Notice[]>([]);
/** Read out and not shown: what can be seen on the page. */
export const announced = signal('');
let count = 0;

export function announce(text: string): void {
  announced.value = text;
}

export function say(kind: Notice['kind'], text: string): void {
  const notice = { id: ++count, kind, text };
  notices.value = [...notices.value.slice(-2), notice];
  setTimeout(() => dismiss(notice.id), kind === 'error' ? 12_000 : 4_000);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}
