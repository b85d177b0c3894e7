import { checkObjects } from '@spatiallock/core/checks';

/** What charts are drawn of: a list of objects. */
export function checkRows(given: unknown, path: string): void {
  checkObjects(given, path, 'objects');
}
