// The plugins whose settings a command's flags may give: those of the model, those given by --plugin, and the standard ones.

import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { LayoutFields, PluginDefinition } from '@spatiallock/core';
import { parseJsonObject } from '@spatiallock/core/io';
import {
  type DeclaredModule,
  loadPlugin,
  type ModelDeclaration,
  type ModuleLoader,
} from '@spatiallock/core/modules';
import type { PluginFlag } from '@spatiallock/core/plugin';
import { modelDirectory } from '@spatiallock/model-emoji';
import {
  directory,
  flaggedPlugins,
  isDirectory,
  modelNeeds,
  namedPlugin,
  nodeModules,
  openFile,
  readTextFile,
  standardPlugins,
} from '@spatiallock/node';
import type { ArgsDef } from 'citty';
import { InputError, oneLine, reading, readingNow } from '../errors.js';

export const pluginArgs = {
  plugin: {
    type: 'string',
    valueHint: 'module#export',
    description: 'a plugin beside those of the model: a path or a package, whose code is run; repeat it',
  },
  'plugin-options': {
    type: 'string',
    valueHint: 'json|file',
    description: 'what the --plugin before it is made with: an object, or a file with one',
  },
} as const satisfies ArgsDef;

export interface KnownPlugin {
  readonly definition: PluginDefinition;
  readonly declared: DeclaredModule;
  /** Who names it: the model, --plugin, or nobody. */
  readonly by: 'model' | 'flag' | 'nobody';
}

export interface KnownPlugins {
  readonly plugins: readonly KnownPlugin[];
  /** Flags that make a plugin. */
  readonly flags: readonly PluginFlag[];
  readonly detectors: ModelDeclaration['detectors'];
  readonly modules: ModuleLoader;
  /** The folder whose packages may be named. */
  readonly cwd: string;
}

/** Modules of the command's own dependencies, and of the folder where it runs. */
export const modulesFrom = (cwd: string): ModuleLoader =>
  nodeModules({ from: cwd, importPackage: (specifier) => import(specifier) });

/**
 * Loads the plugins that the words of a command name, before its flags are read: they offer flags themselves. A model that
 * has to be downloaded is asked when it is there. Rejects with an InputError that names the flag at fault.
 */
export async function knownPlugins(
  words: readonly string[],
  cwd: string,
  modelFlag: 'model' | 'base' = 'model',
): Promise<KnownPlugins> {
  const modules = modulesFrom(cwd);
  // What is trained declares its plugins, and files of this machine are none of a model.
  const offered = modelFlag === 'base' ? [] : flaggedPlugins;
  const flagged = await Promise.all(offered.map((declared) => load(declared, modules, 'flag', '')));
  const flags = flagged.flatMap(({ definition }) => definition.flag ?? []);
  const given = givenWords(words, modelFlag, flags);
  const needs = await needsOf(given.model, cwd, modelFlag);
  const named: KnownPlugin[] = [];
  for (const { name, options } of given.plugins) {
    const declared = readingNow(() => namedPlugin(name, cwd), '--plugin: ');
    const own = options === undefined ? {} : { options: await readOptions(options, cwd) };
    named.push(await load({ ...declared, ...own }, modules, 'flag', '--plugin: '));
  }
  for (const { definition, declared } of flagged) {
    const { flag } = definition;
    const values = flag && given.flagged.get(flag.name);
    if (!values) continue;
    const options = readingNow(() => flag.options(values), `--${flag.name}: `);
    named.push({ definition, declared: { ...declared, options }, by: 'flag' });
  }
  const plugins = [...named];
  const add = (known: KnownPlugin): void => {
    if (!plugins.some(({ definition }) => definition.name === known.definition.name)) plugins.push(known);
  };
  for (const declared of needs.plugins) add(await load(declared, modules, 'model', `--${modelFlag}: `));
  for (const declared of standardPlugins) add(await load(declared, modules, 'nobody', ''));
  requireDifferent(named);
  return { plugins, flags, detectors: needs.detectors, modules, cwd };
}

async function load(
  declared: DeclaredModule,
  modules: ModuleLoader,
  by: KnownPlugin['by'],
  prefix: string,
): Promise<KnownPlugin> {
  const definition = await loadPlugin(declared, modules).catch((cause: unknown) => {
    // Whatever a module of somebody else throws is a fault of what was given.
    throw new InputError(prefix + oneLine(cause), { cause });
  });
  return { definition, declared, by };
}

function requireDifferent(named: readonly KnownPlugin[]): void {
  const names = named.map(({ definition }) => definition.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new InputError(`--plugin: two are named ${twice}; give it once`);
}

/** The parsers of plugins' own fields in a layout. */
export const layoutFieldsOf = ({ plugins }: KnownPlugins): LayoutFields[] =>
  plugins.flatMap(({ definition }) => definition.layoutFields ?? []);

interface GivenWords {
  readonly model?: string;
  /** The values of flags that make a plugin. */
  readonly flagged: ReadonlyMap<string, readonly string[]>;
  readonly plugins: readonly { readonly name: string; readonly options?: string }[];
}

/** What the words say of model and plugins; anything else is read later, strictly. */
function givenWords(words: readonly string[], modelFlag: string, flags: readonly PluginFlag[]): GivenWords {
  const string = { type: 'string', multiple: true } as const;
  const { tokens } = parseArgs({
    args: [...words],
    options: {
      ...{ [modelFlag]: string, plugin: string, 'plugin-options': string },
      ...Object.fromEntries(flags.map(({ name }) => [name, string])),
    },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const plugins: { name: string; options?: string }[] = [];
  const flagged = new Map<string, string[]>();
  let model: string | undefined;
  for (const token of tokens) {
    if (token.kind !== 'option' || token.value === undefined) continue;
    if (flags.some(({ name }) => name === token.name)) {
      flagged.set(token.name, [...(flagged.get(token.name) ?? []), token.value]);
    }
    if (token.name === modelFlag) model = token.value;
    if (token.name === 'plugin') plugins.push({ name: token.value });
    if (token.name !== 'plugin-options') continue;
    const last = plugins.at(-1);
    if (!last) throw new InputError('--plugin-options: belongs to the --plugin before it; there is none');
    if (last.options !== undefined)
      throw new InputError(`--plugin-options: ${last.name} has options already; give them once`);
    last.options = token.value;
  }
  return { plugins, flagged, ...(model === undefined ? {} : { model }) };
}

/** What a model on this disk needs; nothing is known yet of one that is not there, or that is a file. */
async function needsOf(
  model: string | undefined,
  cwd: string,
  flag: string,
): Promise<Pick<ModelDeclaration, 'plugins' | 'detectors'>> {
  const folder = model === undefined ? modelDirectory : resolve(cwd, model);
  const isModel = (await isDirectory(folder)) && (await openFile(join(folder, 'model_index.json')));
  if (!isModel) return { plugins: [], detectors: {} };
  return reading(() => modelNeeds(directory(folder)), `--${flag}: ${folder}: `);
}

async function readOptions(given: string, cwd: string): Promise<Readonly<Record<string, unknown>>> {
  const prefix = '--plugin-options: ';
  if (given.trim().startsWith('{')) return reading(() => parseJsonObject(given, 'it'), prefix);
  const path = resolve(cwd, given);
  return reading(async () => parseJsonObject(await readTextFile(path), path), prefix);
}
