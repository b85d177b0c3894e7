// Pictures that earlier visits kept, looked over before they are used.

import type { Shot, ShotStatus } from './shots.js';

/** Whether whatever was kept is a whole picture, or one that failed or was cancelled. */
export function isShot(value: unknown): value is Shot {
  if (typeof value !== 'object' || value === null) return false;
  const { id, status, drawing: drawn, layout, sampling, colours, times, picture } = value as Partial<Shot>;
  if (typeof id !== 'string' || !finishedStates.has(status ?? '')) return false;
  if (
    !Array.isArray(drawn?.objects) ||
    !Array.isArray(layout?.objects) ||
    typeof layout.prompt !== 'string'
  ) {
    return false;
  }
  if (typeof sampling !== 'object' || !Array.isArray(colours) || !Array.isArray(times)) return false;
  if (picture === undefined) return status !== 'done';
  return (
    picture.data instanceof Uint8ClampedArray && picture.data.length === 3 * picture.width * picture.height
  );
}

const finishedStates: ReadonlySet<string> = new Set<ShotStatus>(['done', 'failed', 'cancelled']);
