// `npm run docs`: writes the API reference, builds the site, copies the built demo into it, and fails on links that lead
// nowhere. With SITE_DEMO=required it also fails where the demo was not built before.

import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'vitepress';
import { writeApiReference } from './apiReference.js';
import { deadLinks } from './deadLinks.js';
import { demoFolder, pagesFolder } from './repository.js';

const site = join(pagesFolder, '.vitepress', 'dist');

/** Pages and data that experiments wrote, which pages link to as they are. */
const written = ['ablation', 'downstream'];

function copyAssets(): void {
  for (const folder of written) {
    cpSync(join(pagesFolder, folder), join(site, folder), { recursive: true });
  }
  if (existsSync(join(demoFolder, 'index.html'))) cpSync(demoFolder, join(site, 'demo'), { recursive: true });
}

function deadLinksOfSite(): string[] {
  const files = readdirSync(site, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(site, join(parentPath, name)).replaceAll('\\', '/'));
  const pages = files
    .filter((path) => path.endsWith('.html') && !/^(demo|ablation|downstream)\//.test(path))
    .map((path) => ({ path, html: readFileSync(join(site, path), 'utf8') }));
  return deadLinks(pages, new Set(files), process.env.SITE_BASE ?? '/');
}

if (process.env.SITE_DEMO === 'required' && !existsSync(join(demoFolder, 'index.html'))) {
  throw new Error(
    'SITE_DEMO: the demo is not built; run npx turbo run build --filter=@spatiallock/demo first',
  );
}
const begin = Date.now();
await writeApiReference();
const seconds = (): string => `${((Date.now() - begin) / 1000).toFixed(0)} s`;
console.log(`API reference after ${seconds()}`);
await build(pagesFolder);
copyAssets();
const faults = deadLinksOfSite();
for (const fault of faults) console.error(fault);
console.log(`${relative('.', site)}: ${faults.length} dead links, after ${seconds()}`);
process.exitCode = faults.length === 0 ? 0 : 1;
