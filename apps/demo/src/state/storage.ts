// The browser's storage, which may be blocked, full, or hold anything.

/** What is kept under a key; undefined where nothing is, or where storage is blocked. */
export function kept(key: string, area: 'local' | 'session' = 'local'): string | undefined {
  try {
    return areaOf(area).getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Whether the value is kept now; not where storage is blocked or full. */
export function keep(key: string, value: string, area: 'local' | 'session' = 'local'): boolean {
  try {
    areaOf(area).setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

/** What this tab keeps under a key; in a new tab what any tab kept last. */
export const keptHere = (key: string): string | undefined => kept(key, 'session') ?? kept(key);

/** Keeps a value for this tab, and for tabs that are opened later, unless this tab has it already. Returns whether a reload finds it. */
export function keepHere(key: string, value: string): boolean {
  if (kept(key, 'session') === value) return true;
  const isKeptLater = keep(key, value);
  return keep(key, value, 'session') || isKeptLater;
}

/** What another tab keeps under a key from now on. */
export function onKeptElsewhere(key: string, listener: (value: string) => void): void {
  window.addEventListener('storage', (event) => {
    if (event.key === key && event.newValue !== null && event.newValue !== event.oldValue) {
      listener(event.newValue);
    }
  });
}

const areaOf = (area: 'local' | 'session'): Storage => (area === 'local' ? localStorage : sessionStorage);

/** The value if it is a record, else an empty record. */
export const recordOf = (given: unknown): Readonly<Record<string, unknown>> =>
  typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};

/** The record that a kept text holds as JSON; an empty one where it holds none. */
export function recordIn(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(text ?? '{}'));
  } catch {
    return {};
  }
}
