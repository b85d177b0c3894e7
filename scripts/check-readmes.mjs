// Type-checks every TypeScript example of the READMEs and of docs/ against the packages' sources; blocks marked
// `ts outline` are left out.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join('artifacts', 'readmes');
const pages = execFileSync('git', ['ls-files', '*README.md', 'docs/*.md'], { encoding: 'utf8' })
  .split('\n')
  .filter(Boolean);

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
let count = 0;
for (const page of pages) {
  const blocks = [...readFileSync(page, 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
  for (const [i, [, code]] of blocks.entries()) {
    // An example with neither import nor export would share its names with all others.
    writeFileSync(join(folder, `${page.replaceAll(/\W+/g, '-')}-${i + 1}.ts`), `${code}\nexport {};\n`);
    count++;
  }
}
const config = {
  extends: '../../tsconfig.base.json',
  compilerOptions: { types: ['node'] },
  include: ['.'],
};
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
const { status, stdout } = spawnSync('node_modules/.bin/tsc', ['-p', folder], { encoding: 'utf8' });
process.stdout.write(stdout);
console.log(
  `${count} examples of ${pages.length} pages ${status === 0 ? 'type-check' : 'do not type-check'}`,
);
process.exitCode = status === 0 ? 0 : 1;
