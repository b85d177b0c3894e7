// Modules as people name them on a command line.

import { isAbsolute, resolve } from 'node:path';
import { checkText } from '@spatiallock/core/checks';
import { type DeclaredModule, parseDeclaredModule } from '@spatiallock/core/modules';
import { entriesOf, ownFolder } from './nodeModules.js';

const DETECTORS = '@spatiallock/detectors';

/**
 * `MODULE` or `MODULE#export`: the path of a file, `./mine.js`, the name of a package, or a short name of ours, `lora` for
 * `@spatiallock/lora`. Throws an error that names the part at fault.
 */
export function namedPlugin(given: string, cwd: string): DeclaredModule {
  checkText(given, 'given', 'the name of a module');
  checkText(cwd, 'cwd', 'the path of a folder');
  const named = moduleOf(given, cwd);
  const ours = `@spatiallock/${named.module}`;
  const isOurs = isShort(named.module) && entriesOf(ours).includes('.');
  return isOurs ? { ...named, module: ours } : named;
}

/** As `namedPlugin`; a short name is one of `@spatiallock/detectors`, `center`, with its weights where they are there. */
export async function namedDetector(given: string, cwd: string): Promise<DeclaredModule> {
  checkText(given, 'given', 'the name of a module');
  checkText(cwd, 'cwd', 'the path of a folder');
  const named = moduleOf(given, cwd);
  const { module } = named;
  if (!isShort(module) || !entriesOf(DETECTORS).includes(`./${module}`)) return named;
  const folder = `${DETECTORS}/weights/${module}`;
  const isThere = (await ownFolder(folder)) !== undefined;
  return { ...named, module: `${DETECTORS}/${module}`, ...(isThere ? { folder } : {}) };
}

const isShort = (name: string): boolean => /^[a-z][\w-]*$/i.test(name);

function moduleOf(given: string, cwd: string): DeclaredModule {
  const at = given.lastIndexOf('#');
  const name = at < 0 ? given : given.slice(0, at);
  const isPath = /^\.{0,2}[/\\]/.test(name) || isAbsolute(name) || /\.[cm]?[jt]s$/.test(name);
  return parseDeclaredModule(
    { module: isPath ? resolve(cwd, name) : name, ...(at < 0 ? {} : { export: given.slice(at + 1) }) },
    given || 'empty',
  );
}
