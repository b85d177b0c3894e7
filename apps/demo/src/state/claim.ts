// What belongs to one tab alone. A tab that is duplicated begins with a copy of the other's notes, and must not take them for its own.

/** A page that was left may let go a little late, in milliseconds. */
const PATIENCE = 1000;

const claims = new Map<string, Promise<boolean>>();

/**
 * Takes a name for this page until it is left. Resolves to whether the page has it, after a second at most: false where another tab
 * does. Where the browser cannot tell, the page has it. Never rejects.
 */
export async function claim(name: string): Promise<boolean> {
  const asked = claims.get(name) ?? ask(name);
  claims.set(name, asked);
  const isHeld = await asked;
  // The other tab may be gone when it is asked for again.
  if (!isHeld) claims.delete(name);
  return isHeld;
}

function ask(name: string): Promise<boolean> {
  return new Promise<boolean>((resolve) => {
    const { locks } = navigator;
    const signal = AbortSignal.timeout(PATIENCE);
    const hold = (): Promise<never> => {
      resolve(true);
      return new Promise(() => undefined);
    };
    locks.request(`spatiallock.${name}`, { signal }, hold).catch(() => resolve(!signal.aborted));
  }).catch(() => true);
}
