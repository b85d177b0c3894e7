import { checkText } from '@spatiallock/core/checks';

/** A path that is a text; Node's own functions take numbers and addresses, too. */
export function checkPath(given: unknown, name = 'path', kind = 'the path of a file'): void {
  checkText(given, name, kind);
}
