// Writes the API reference of all published packages as Markdown into docs/api, with the links of the sidebar.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Application, Converter, OptionDefaults, type ProjectReflection, type TypeDocOptions } from 'typedoc';
import type { PluginOptions } from 'typedoc-plugin-markdown';
import { type EntryPoint, entryPoints } from './entryPoints.js';
import { EntryRouter, pageName } from './entryRouter.js';
import { pagesFolder, repositoryPage, rootFolder } from './repository.js';

const folder = join(pagesFolder, 'api');

const ROUTER = 'entry-points';

const options: Partial<TypeDocOptions & PluginOptions> = {
  name: 'API',
  plugin: ['typedoc-plugin-markdown'],
  out: folder,
  tsconfig: join(pagesFolder, 'api.tsconfig.json'),
  basePath: rootFolder,
  // `npm run typecheck` finds errors; here they would cost time.
  skipErrorChecking: true,
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  readme: 'none',
  logLevel: 'Warn',
  // Paths of sources begin below packages/.
  sourceLinkTemplate: `${repositoryPage}/blob/main/packages/{path}#L{line}`,
  gitRevision: 'main',
  disableGit: true,
  router: ROUTER,
  entryFileName: 'index',
  hideBreadcrumbs: true,
  useHTMLAnchors: true,
  hidePageHeader: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  tableColumnSettings: { hideDefaults: true, hideModifiers: true, hideSources: true },
  sanitizeComments: true,
  // What protobuf-es writes.
  blockTags: [...OptionDefaults.blockTags, '@generated'],
  // Everything that an entry point exports has a docstring; of members the names and types say enough as a rule.
  validation: { notDocumented: true, notExported: false, invalidLink: true, invalidPath: true },
  requiredToBeDocumented: ['Class', 'Enum', 'Function', 'Interface', 'TypeAlias', 'Variable'],
};

/** `@spatiallock/core` of `@spatiallock/core/graph`. */
const packageOf = (entry: string): string => entry.split('/').slice(0, 2).join('/');

/** TypeDoc, with the entry points under the names that are imported. */
export async function typedoc(entries: readonly EntryPoint[]): Promise<Application> {
  const app = await Application.bootstrapWithPlugins({
    ...options,
    entryPoints: entries.map(({ source }) => join(rootFolder, source)),
    packagesRequiringDocumentation: [...new Set(entries.map(({ name }) => packageOf(name)))],
  });
  app.renderer.defineRouter(ROUTER, EntryRouter);
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => nameModules(project, entries));
  return app;
}

function nameModules(project: ProjectReflection, entries: readonly EntryPoint[]): void {
  for (const module of project.children ?? []) {
    const file = module.sources?.[0]?.fileName;
    const entry = entries.find(({ source }) => source === file);
    if (entry) module.name = entry.name;
  }
}

export async function writeApiReference(): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const entries = entryPoints(rootFolder);
  const app = await typedoc(entries);
  const project = await app.convert();
  if (!project) throw new Error('TypeDoc converted nothing; its messages are above');
  app.validate(project);
  const faults = app.logger.warningCount + app.logger.errorCount;
  if (faults > 0) throw new Error(`the API reference has ${faults} faults, which are listed above`);
  await app.generateOutputs(project);
  const items = entries.map(({ name }) => ({ text: name, link: `/api/${pageName(name)}` }));
  writeFileSync(join(folder, 'sidebar.json'), `${JSON.stringify(items, null, 2)}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await writeApiReference();
