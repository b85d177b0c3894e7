// What a module exports, read as a plugin or as a detector.

import { checkCallback, checkKeys, checkObject, messageOf, showValue } from '../checks/index.js';
import type { DetectorDefinition, OpenDetector } from '../detector/definition.js';
import { checkPlugins } from '../plugin/checkPlugins.js';
import type { PluginContext, PluginDefinition } from '../plugin/definition.js';
import { PLUGIN_VERSION, type Plugin } from '../plugin/plugin.js';
import type { DeclaredModule } from './declaredModule.js';
import { checkSettings } from './settings.js';

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** The export that is meant: the named one, else `default`, else `usual`. Throws an error that lists what there is. */
function exportOf(module: unknown, named: string | undefined, usual: string): unknown {
  const exports: Fields = isObject(module) ? module : {};
  const names = Object.keys(exports);
  const wanted = named === undefined ? ['default', usual] : [named];
  const found = wanted.find((name) => names.includes(name) && exports[name] !== undefined);
  if (found !== undefined) return requireNoClass(exports[found], found);
  const there = names.length === 0 ? 'nothing' : names.slice(0, 8).join(', ');
  throw new Error(
    named === undefined
      ? `has neither a default export nor one named ${usual}; name one of ${there} after a #`
      : `exports no ${named}, but ${there}`,
  );
}

/** A class says nothing of how one of it is made; called as a function it throws a message of the language. */
function requireNoClass(found: unknown, name: string): unknown {
  if (typeof found !== 'function' || !/^class\b/.test(Function.prototype.toString.call(found))) return found;
  throw new Error(
    `${name} is the class ${showValue(found.name)}; export one that is made, new ${found.name || 'Name'}(), or a function that makes it`,
  );
}

/**
 * The plugin that a module offers: a definition, a plugin, or a function that makes a plugin of options. Rejects with an
 * error that says what was found instead; `title` stands before it.
 */
export async function pluginOfModule(
  module: unknown,
  declared: Pick<DeclaredModule, 'export' | 'options'>,
  title: string,
): Promise<PluginDefinition> {
  checkObject(declared, 'declared');
  const { export: named, options = {} } = declared;
  try {
    const found = exportOf(module, named, 'plugin');
    if (isObject(found) && 'create' in found) return checkDefinition(found);
    const made: unknown = typeof found === 'function' ? await found(options) : found;
    const plugin = onlyPlugin(made);
    if (typeof found !== 'function' && Object.keys(options).length > 0)
      throw new Error(`plugin ${plugin.name}: takes no options; export a function that makes it of them`);
    return {
      name: plugin.name,
      pluginVersion: plugin.pluginVersion,
      ...(plugin.layoutFields === undefined ? {} : { layoutFields: plugin.layoutFields }),
      create: () => plugin,
    };
  } catch (cause) {
    throw new Error(`${title}: ${messageOf(cause)}`, { cause });
  }
}

function onlyPlugin(made: unknown): Plugin {
  if (!isObject(made) || !('pluginVersion' in made)) {
    throw new Error(
      `exports no plugin; it must be a plugin { name, pluginVersion: ${PLUGIN_VERSION} }, a function that makes one of its options, or { name, pluginVersion, create }, not ${showValue(made)}`,
    );
  }
  const list: unknown = [made];
  checkPlugins(list, 'export');
  return list[0]!;
}

const FIELDS = [
  'name',
  'pluginVersion',
  'title',
  'fullTitle',
  'settings',
  'flag',
  'layoutFields',
  'settle',
  'create',
];

function checkDefinition(given: Fields): PluginDefinition {
  const { name, pluginVersion, settings, flag, layoutFields, settle, create } = given;
  // The rules for names and versions are those of plugins.
  const list: unknown = [{ name, pluginVersion, ...(layoutFields === undefined ? {} : { layoutFields }) }];
  checkPlugins(list, 'export');
  const title = `plugin ${list[0]!.name}`;
  checkKeys(given, FIELDS, title);
  checkCallback(settle, `${title}: settle`);
  if (typeof create !== 'function') {
    throw new Error(`${title}: create must be a function, not ${showValue(create)}`);
  }
  checkSettings(settings, title);
  checkFlagOf(flag, title);
  return given as unknown as PluginDefinition;
}

/** Throws an error that names the plugin and the field at fault. */
function checkFlagOf(flag: unknown, title: string): void {
  if (flag === undefined) return;
  const { options, ...texts } = checkKeys(flag, ['name', 'valueHint', 'help', 'options'], `${title}: flag`);
  for (const field of ['name', 'valueHint', 'help']) {
    const value = texts[field];
    const isUsable = field === 'name' ? /^[a-z][a-z-]*$/.test(String(value)) : value !== '';
    if (typeof value !== 'string' || !isUsable) {
      throw new Error(
        `${title}: flag.${field}: must be text, in lower case for a name, not ${showValue(value)}`,
      );
    }
  }
  if (typeof options !== 'function') {
    throw new Error(`${title}: flag.options must be a function, not ${showValue(options)}`);
  }
}

/** Makes the plugin of a definition; an error has `title` before it, and a plugin of another name is one. */
export async function makePlugin(
  definition: PluginDefinition,
  options: Fields,
  context: PluginContext,
  title: string,
): Promise<Plugin> {
  try {
    const plugin = onlyPlugin(await definition.create(options, context));
    if (plugin.name === definition.name) return plugin;
    throw new Error(`plugin ${definition.name}: create made one named ${showValue(plugin.name)}`);
  } catch (cause) {
    throw new Error(`${title}: ${messageOf(cause)}`, { cause });
  }
}

/**
 * The detector that a module offers: a definition, a detector, or a function that opens one of `{ backend, files }`. Throws
 * an error that says what was found instead; `title` stands before it.
 */
export function detectorOfModule(
  module: unknown,
  declared: Pick<DeclaredModule, 'export'>,
  title: string,
): DetectorDefinition {
  checkObject(declared, 'declared');
  const { export: named } = declared;
  try {
    const found = exportOf(module, named, 'detector');
    if (typeof found === 'function') return { open: async (context) => checkDetector(await found(context)) };
    if (isObject(found) && typeof found.open === 'function') {
      const definition = found as unknown as DetectorDefinition;
      checkCallback(definition.vocabulary, 'vocabulary');
      return {
        open: async (context) => checkDetector(await definition.open(context)),
        ...(definition.vocabulary ? { vocabulary: (files) => definition.vocabulary!(files) } : {}),
      };
    }
    const detector = checkDetector(found);
    return { open: () => detector, vocabulary: () => detector };
  } catch (cause) {
    throw new Error(`${title}: ${messageOf(cause)}`, { cause });
  }
}

function checkDetector(given: unknown): OpenDetector {
  const { labels, detect, labelOf, aspectOf, detectMany, dispose } = isObject(given) ? given : {};
  if (!Array.isArray(labels) || typeof detect !== 'function') {
    throw new Error(
      `exports no detector; it must be { labels, detect }, a function that opens one of { backend, files }, or { open }, not ${showValue(given)}`,
    );
  }
  if (!labels.every((label) => typeof label === 'string' && label !== '')) {
    throw new Error(`labels: must be a list of names, not ${showValue(labels)}`);
  }
  for (const [name, member] of Object.entries({ labelOf, aspectOf, detectMany, dispose }))
    checkCallback(member, name);
  return given as OpenDetector;
}
