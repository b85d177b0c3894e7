// A list of plugins is checked before anything is read or compiled.

import {
  checkCallback,
  checkFunction,
  checkKeys,
  checkList,
  checkObject,
  checkText,
  showValue,
} from '../checks/index.js';
import { LAYOUT_FIELDS, OBJECT_FIELDS } from './layoutFields.js';
import { PLUGIN_VERSION, type Plugin } from './plugin.js';

const FUNCTIONS = [
  ...['frozen', 'mergeParams', 'checkLayout', 'parseOptions', 'network', 'feed', 'sampling'],
];
const LAYOUT_PARTS = ['layout', 'object', 'lists', 'negative'];
/** Parts of a plugin that are objects of functions; without the required ones a part has no effect. */
const PARTS: Readonly<
  Record<string, { readonly required: readonly string[]; readonly optional: readonly string[] }>
> = {
  text: { required: ['network'], optional: ['feed'] },
  guidance: { required: ['settings'], optional: ['feed', 'update', 'onMove'] },
  training: { required: [], optional: ['feed'] },
};
const FIELDS = [
  ...['name', 'pluginVersion', 'groundsObjects', 'wholePicture', 'weights', 'pipelineClass'],
  ...FUNCTIONS,
  ...['params', 'layoutFields', ...Object.keys(PARTS)],
];

/** Folders that several plugins, and the model itself, may share. */
const SHARED_FOLDERS: readonly string[] = ['unet'];

/**
 * Throws an error that names the plugins at fault where one is no plugin of this version or has an unknown field, and
 * where two have one name, one folder of weights or one field of a layout, which may be none of core's own either.
 * `path` names the list.
 */
export function checkPlugins(given: unknown, path = 'plugins'): asserts given is readonly Plugin[] {
  if (!Array.isArray(given)) throw new Error(`${path}: must be a list, not ${showValue(given)}`);
  const plugins = given.map((plugin: unknown, i) => checkPlugin(plugin, `${path}[${i}]`));
  const names = plugins.map(({ name }) => name);
  const twice = names.find((each, i) => names.indexOf(each) !== i);
  if (twice !== undefined) {
    const places = names.flatMap((name, i) => (name === twice ? [`${path}[${i}]`] : []));
    throw new Error(`${places.join(' and ')}: both are named ${showValue(twice)}; give it once`);
  }
  requireOneOwner(plugins, 'the folder of weights', ({ weights = [] }) =>
    weights.map(({ folder }) => folder).filter((folder) => !SHARED_FOLDERS.includes(folder)),
  );
  requireOneOwner(plugins, 'the field of a layout', fieldsOfLayouts);
  requireOneOwner(plugins, 'the field of an object', fieldsOfObjects);
}

function checkPlugin(given: unknown, path: string): Plugin {
  if (typeof given !== 'object' || given === null || typeof (given as Partial<Plugin>).name !== 'string') {
    throw new Error(`${path}: must be a plugin, an object with a name, not ${showValue(given)}`);
  }
  const { name, pluginVersion: version } = given as Partial<Plugin>;
  const title = `plugin ${name}`;
  if (name === '') throw new Error(`${path}.name: is empty; name the plugin`);
  if (version === undefined) {
    throw new Error(`${title}: has no pluginVersion; write pluginVersion: ${PLUGIN_VERSION}`);
  }
  if (version !== PLUGIN_VERSION) {
    throw new Error(
      `${title}: is of pluginVersion ${showValue(version)}, and this @spatiallock/core takes ${PLUGIN_VERSION}; ` +
        'use versions of both that belong together',
    );
  }
  const fields = checkKeys(given, FIELDS, title);
  for (const field of FUNCTIONS) checkCallback(fields[field], `${title}: ${field}`);
  if (fields.params !== undefined) checkObject(fields.params, `${title}: params`);
  for (const [part, { required, optional }] of Object.entries(PARTS)) {
    if (fields[part] === undefined) continue;
    const functions = checkKeys(fields[part], [...required, ...optional], `${title}: ${part}`);
    for (const name of required) checkFunction(functions[name], `${title}: ${part}.${name}`, 'a function');
    for (const name of optional) checkCallback(functions[name], `${title}: ${part}.${name}`);
  }
  checkLayoutFields(fields.layoutFields, title);
  requireFreeNames(given as Plugin);
  checkWeights(fields.weights, title);
  return given as Plugin;
}

function checkLayoutFields(given: unknown = {}, title: string): void {
  const { layout, object, lists, negative } = checkKeys(given, LAYOUT_PARTS, `${title}: layoutFields`);
  for (const [part, parsers] of Object.entries({ layout, object })) {
    const path = `${title}: layoutFields.${part}`;
    if (parsers === undefined) continue;
    for (const [name, parse] of Object.entries(checkObject(parsers, path))) {
      checkFunction(parse, `${path}.${name}`, 'a function of what is given and of its path');
    }
  }
  for (const [part, names] of Object.entries({ lists, negative })) {
    const path = `${title}: layoutFields.${part}`;
    if (names === undefined) continue;
    checkList(names, path, 'names of fields').forEach((name, i) => void checkText(name, `${path}[${i}]`));
  }
}

/** Throws at a claim to a field that is no plugin's: what a parser made of it would be lost. */
function requireFreeNames(plugin: Plugin): void {
  const taken =
    fieldsOfLayouts(plugin).find((name) => LAYOUT_FIELDS.includes(name)) ??
    fieldsOfObjects(plugin).find((name) => OBJECT_FIELDS.includes(name));
  if (taken === undefined) return;
  throw new Error(
    `plugin ${plugin.name}: layoutFields: ${taken} is a field of every layout; give yours another name`,
  );
}

const fieldsOfLayouts = ({ layoutFields = {} }: Plugin): readonly string[] => [
  ...Object.keys(layoutFields.layout ?? {}),
  ...(layoutFields.lists ?? []),
];

const fieldsOfObjects = ({ layoutFields = {} }: Plugin): readonly string[] =>
  Object.keys(layoutFields.object ?? {});

function checkWeights(weights: unknown = [], title: string): void {
  if (!Array.isArray(weights)) throw new Error(`${title}: weights must be a list, not ${showValue(weights)}`);
  for (const [i, entry] of weights.entries()) {
    const path = `${title}: weights[${i}]`;
    const { folder, owns } = checkKeys(entry, ['folder', 'owns', 'config', 'float32'], path);
    if (typeof folder !== 'string' || !/^\w[\w.-]*$/.test(folder)) {
      throw new Error(`${path}.folder: must be the name of a folder, not ${showValue(folder)}`);
    }
    if (typeof owns !== 'function') {
      throw new Error(`${path}.owns: must be a function of a parameter's name, not ${showValue(owns)}`);
    }
  }
}

function requireOneOwner(
  plugins: readonly Plugin[],
  what: string,
  claims: (plugin: Plugin) => readonly string[],
): void {
  const owners = new Map<string, string>();
  for (const plugin of plugins) {
    for (const claim of claims(plugin)) {
      const other = owners.get(claim);
      if (other !== undefined) {
        throw new Error(
          `plugins ${other} and ${plugin.name}: both claim ${what} ${showValue(claim)}; use one of them`,
        );
      }
      owners.set(claim, plugin.name);
    }
  }
}
