import { checkList, checkObject } from '@spatiallock/core/checks';

/** Throws unless `loadArt` gave it. */
export function checkArt(given: unknown): void {
  checkList(checkObject(given, 'art').sprites, 'art.sprites', 'sprites, as loadArt() gives them');
}
