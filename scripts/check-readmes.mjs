// Type-checks every TypeScript example of the READMEs, of docs/ and of doc comments against the packages' sources, as strictly as the
// configuration that `tsc --init` of TypeScript 5.9 writes; blocks marked `ts outline` are left out.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join('artifacts', 'readmes');
const pages = execFileSync('git', ['ls-files', '*README.md', 'docs/*.md', 'packages/*/src/*.ts'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter(Boolean);

/** A page's text; of a source file the lines of its doc comments, without their stars. */
function textOf(page) {
  const text = readFileSync(page, 'utf8');
  return page.endsWith('.ts') ? text.replaceAll(/^ *\* ?(.*)$|^.*$/gm, '$1') : text;
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
let count = 0;
for (const page of pages) {
  const blocks = [...textOf(page).matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
  for (const [i, [, code]] of blocks.entries()) {
    // An example with neither import nor export would share its names with all others.
    writeFileSync(join(folder, `${page.replaceAll(/\W+/g, '-')}-${i + 1}.ts`), `${code}\nexport {};\n`);
    count++;
  }
}
// What `tsc --init` sets beyond our own configuration; `types` alone differs, for the examples use Node.
const init = {
  // Examples of pages and workers use the DOM.
  lib: ['ES2023', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable', 'WebWorker'],
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noUncheckedSideEffectImports: true,
  moduleDetection: 'force',
};
const config = {
  extends: '../../tsconfig.base.json',
  compilerOptions: { ...init, types: ['node'] },
  include: ['.'],
};
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
const { stdout } = spawnSync('node_modules/.bin/tsc', ['-p', folder, '--pretty', 'false'], {
  encoding: 'utf8',
});
// Our sources are not written for these options; users compile against their declarations.
const faults = stdout.split('\n').filter((line) => line.startsWith(`${folder}/`) || line.startsWith('error'));
for (const fault of faults) console.error(fault);
console.log(
  `${count} examples of ${pages.length} pages ${faults.length === 0 ? 'type-check' : 'do not type-check'}`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
