// From a declaration to plugins and detectors, through a loader that the caller supplies: core itself imports nothing.

import { checkKeys, checkList, checkMethods, checkObject, checkText, messageOf } from '../checks/index.js';
import type { DetectorDefinition, GuidingDetector, OpenDetector } from '../detector/definition.js';
import { taughtLabelling } from '../detector/labelling.js';
import { type Backend, checkBackend } from '../graph/backend.js';
import { checkFiles, type FileSource } from '../io/files.js';
import type { PluginContext, PluginDefinition } from '../plugin/definition.js';
import type { Plugin } from '../plugin/plugin.js';
import { readCategories } from './categories.js';
import type { DeclaredModule } from './declaredModule.js';
import type { ModelDeclaration } from './modelDeclaration.js';
import { detectorOfModule, makePlugin, pluginOfModule } from './moduleExports.js';

/** How modules are found: by `import` in Node, by a table that a bundler made in a page. */
export interface ModuleLoader {
  /** The module that a specifier names, as `import` gives it. Rejects where there is none. */
  load(specifier: string): Promise<unknown>;
  /** The files of a folder of a package, `@spatiallock/detectors/weights/query`. Rejects where there is none. */
  files?(folder: string): Promise<FileSource> | FileSource;
}

const LOADER = 'a loader of modules, an object with load(specifier)';

function checkLoader(modules: unknown): void {
  checkMethods(modules, ['load'], 'modules', LOADER);
}

/** A module loaded; an error names it. */
async function loaded(modules: ModuleLoader, { module }: DeclaredModule): Promise<unknown> {
  try {
    return await modules.load(module);
  } catch (cause) {
    const message = messageOf(cause);
    throw new Error(message.startsWith(module) ? message : `${module}: ${message}`, { cause });
  }
}

/** Loads the plugin of a declaration. Rejects with an error that begins with the module's name. */
export async function loadPlugin(declared: DeclaredModule, modules: ModuleLoader): Promise<PluginDefinition> {
  checkText(checkObject(declared, 'declared').module, 'declared.module', 'the name of a module');
  checkLoader(modules);
  return pluginOfModule(await loaded(modules, declared), declared, declared.module);
}

/** A detector that can be opened, with the folder of its weights. */
export interface LoadedDetector {
  readonly definition: DetectorDefinition;
  readonly files?: FileSource;
}

/** Loads the detector of a declaration. `model`: the model directory that declares it. Rejects as `loadPlugin` does. */
export async function loadDetector(
  declared: DeclaredModule,
  modules: ModuleLoader,
  model?: FileSource,
): Promise<LoadedDetector> {
  checkText(checkObject(declared, 'declared').module, 'declared.module', 'the name of a module');
  checkLoader(modules);
  const definition = detectorOfModule(await loaded(modules, declared), declared, declared.module);
  const files = await folderOf(declared, modules, model);
  return { definition, ...(files === undefined ? {} : { files }) };
}

/** The files of the folder that a declaration names: one name is of the model, a path of a package. */
async function folderOf(
  { folder, module }: DeclaredModule,
  modules: ModuleLoader,
  model: FileSource | undefined,
): Promise<FileSource | undefined> {
  if (folder === undefined) return undefined;
  if (!folder.includes('/') && model) return filesBelow(model, folder);
  if (!modules.files) throw new Error(`${module}: its folder ${folder} cannot be read here`);
  return modules.files(folder);
}

/** Opens the detector of a declaration. Rejects with an error that begins with the module's name. */
export async function openDetector(
  declared: DeclaredModule,
  modules: ModuleLoader,
  options: { readonly backend: Backend; readonly model?: FileSource },
): Promise<OpenDetector> {
  const { backend, model } = checkKeys(options, ['backend', 'model'], 'options') as typeof options;
  checkBackend(backend, 'options.backend');
  const { definition, files } = await loadDetector(declared, modules, model);
  try {
    return await definition.open({ backend, ...(files === undefined ? {} : { files }) });
  } catch (cause) {
    throw new Error(`${declared.module}: ${messageOf(cause)}`, { cause });
  }
}

/** A folder of a source of files. */
export function filesBelow(source: FileSource, folder: string): FileSource {
  checkFiles(source, 'source');
  checkText(folder, 'folder', 'the name of a folder');
  return {
    read: (path) => source.read(`${folder}/${path}`),
    ...(source.exists ? { exists: (path: string) => source.exists!(`${folder}/${path}`) } : {}),
    ...(source.onDisk ? { onDisk: (path: string) => source.onDisk!(`${folder}/${path}`) } : {}),
  };
}

/** What declared modules are opened with. */
export interface OpenDeclaredOptions {
  readonly files: FileSource;
  readonly backend: Backend;
  readonly modules: ModuleLoader;
}

function checkOpenOptions(options: unknown): void {
  const { files, backend, modules } = checkObject(options, 'options');
  checkFiles(files, 'options.files');
  checkBackend(backend, 'options.backend');
  checkMethods(modules, ['load'], 'options.modules', LOADER);
}

/** The guide with `knows`, its own where it has one. Named member by member: an instance of a class is no record. */
function knowing(guide: GuidingDetector, knows: (phrase: string) => boolean): GuidingDetector {
  if (guide.knows) return guide;
  return {
    knows,
    graph: guide.graph,
    weights: guide.weights,
    ...(guide.imageSize === undefined ? {} : { imageSize: guide.imageSize }),
    inputs: (batch) => guide.inputs(batch),
    targets: (pictures) => guide.targets(pictures),
  };
}

/** What plugins of a model are made with; the detector that guides is opened once, when it is first asked for. */
export function pluginContext(
  declaration: Pick<ModelDeclaration, 'detectors'>,
  options: OpenDeclaredOptions,
): PluginContext {
  checkObject(checkObject(declaration, 'declaration').detectors, 'declaration.detectors');
  checkOpenOptions(options);
  const { files, backend, modules } = options;
  const {
    detectors: { guides },
  } = declaration;
  let opened: ReturnType<PluginContext['guide']> | undefined;
  const open: PluginContext['guide'] = async () => {
    if (!guides) throw new Error('the model declares no detector that guides (detectors.guides)');
    const detector = await openDetector(guides, modules, { backend, model: files });
    // Its graph and its weights are what guides.
    await detector.dispose?.();
    if (!detector.guide) throw new Error(`${guides.module}: cannot guide; its detector has no guide`);
    const labelOf = taughtLabelling(detector, await readCategories(files));
    return knowing(detector.guide, (phrase) => labelOf(phrase) !== undefined);
  };
  return {
    files,
    backend,
    guide() {
      opened ??= open();
      return opened;
    },
  };
}

/** Makes the plugin of a declaration that is loaded. Rejects with an error that begins with the module's name. */
export async function openPlugin(
  definition: PluginDefinition,
  declared: DeclaredModule,
  context: PluginContext,
  modules: ModuleLoader,
): Promise<Plugin> {
  checkMethods(definition, ['create'], 'definition', 'a definition of a plugin, as loadPlugin() gives');
  checkText(checkObject(declared, 'declared').module, 'declared.module', 'the name of a module');
  checkObject(context, 'context');
  checkLoader(modules);
  const folder = await folderOf(declared, modules, context.files);
  const own = folder === undefined ? context : { ...context, folder };
  return makePlugin(definition, declared.options ?? {}, own, declared.module);
}

/** The plugins that a model declares, made in their order. Rejects with an error that names the module at fault. */
export async function openPlugins(
  declaration: ModelDeclaration,
  options: OpenDeclaredOptions,
): Promise<Plugin[]> {
  checkList(checkObject(declaration, 'declaration').plugins, 'declaration.plugins', 'modules');
  const context = pluginContext(declaration, options);
  const plugins: Plugin[] = [];
  for (const declared of declaration.plugins) {
    const definition = await loadPlugin(declared, options.modules);
    plugins.push(await openPlugin(definition, declared, context, options.modules));
  }
  return plugins;
}
