// Part of `npm run lint`: no import leaves its workspace or goes upwards, no circle, no plugin by name where all are equal.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import {
  type Allowances,
  circles,
  importsOf,
  linesThatName,
  type SourceFile,
  strayImports,
  upwardImports,
} from './layers.js';
import { allWorkspaces } from './workspaces.js';

/** What packages import beside core. */
const allowances: Allowances = {
  '@spatiallock/core': [],
  '@spatiallock/cli': 'any',
  '@spatiallock/model-emoji': [
    '@spatiallock/core',
    '@spatiallock/detectors',
    '@spatiallock/pog',
    '@spatiallock/poi',
  ],
  '@spatiallock/evaluation': ['@spatiallock/core', '@spatiallock/node'],
  '@spatiallock/node': ['@spatiallock/core', '@spatiallock/checkpoints'],
  '@spatiallock/web': [
    '@spatiallock/attention-guidance',
    '@spatiallock/checkpoints',
    '@spatiallock/core',
    '@spatiallock/poi',
  ],
  '@spatiallock/scenes': ['@spatiallock/core', '@spatiallock/data', '@spatiallock/evaluation'],
  '@spatiallock/training': ['@spatiallock/core', '@spatiallock/data', '@spatiallock/node'],
};

const PLUGINS = ['poi', 'pog', 'gligen', 'lora', 'controlnet', 'attention-?guidance'];

/** Lines that name a plugin where no plugin may be known by name. They may only become fewer: lower the number then. */
const NAMED: Readonly<Record<string, number>> = {
  'packages/core/src': 0,
  'packages/training/src': 0,
  'packages/cli/src': 0,
  'apps/demo/src': 0,
};

const paths = execFileSync('git', ['ls-files', '*.ts', '*.tsx', '*.mjs'], { encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && existsSync(path));
const texts = new Map(paths.map((path) => [path, readFileSync(path, 'utf8')]));
const files: SourceFile[] = [...texts].map(([path, text]) => ({ path, imports: importsOf(text) }));
const workspaces = allWorkspaces();

const naming = Object.entries(NAMED).flatMap(([folder, most]) => {
  const own = [...texts].filter(([path]) => path.startsWith(`${folder}/`)).map(([, text]) => text);
  const count = linesThatName(PLUGINS, own);
  if (count < most)
    console.log(`${folder}: ${count} lines name a plugin; lower NAMED in scripts/packages/checkLayers.ts`);
  return count > most
    ? [`${folder}: ${count} lines name a plugin, at most ${most} may; ask the plugin instead`]
    : [];
});
const faults = [
  ...strayImports(files, workspaces),
  ...upwardImports(files, workspaces, allowances),
  ...circles(workspaces.map(({ manifest }) => manifest)),
  ...naming,
];
for (const fault of faults) console.error(fault);
console.log(
  `${files.length} files of ${workspaces.length} workspaces: ${faults.length} imports out of place`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
