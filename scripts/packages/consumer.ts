// A small project that uses the installed packages.

import type { Manifest } from './workspaces.js';

const use = `
import { cpu as onnx } from '@spatiallock/backend-onnx';
import { cpu, wasm } from '@spatiallock/backend-tfjs';
import { conformanceCases, failures } from '@spatiallock/conformance';
import { modelDirectory } from '@spatiallock/model-emoji';
import { fromPretrained, readImage, writePng } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';

const cases = conformanceCases();
const backends = [[onnx(), cases], [wasm(), cases], [cpu(), cases.filter((_, i) => i % 10 === 0)]];
for (const [backend, own] of backends) {
  const failed = await failures(own, backend);
  if (failed.length > 0) {
    console.log(failed.map(({ name, error }) => backend.name + ': ' + name + ': ' + error).join('\\n'));
    process.exit(1);
  }
  console.log(backend.name + ': ' + own.length + ' cases of conformance');
  await backend.dispose();
}
const pipe = await fromPretrained(modelDirectory, { backend: onnx(), plugins: [poi()] });
const layout = { prompt: 'a dog on a beach', objects: [{ phrase: 'a dog', box: [0.1, 0.3, 0.6, 0.9] }] };
const { images } = await pipe.generate(layout, { seed: 7, steps: 2 });
await writePng('picture.png', images[0]);
const again = await readImage('picture.png');
if (Buffer.compare(Buffer.from(again.data), Buffer.from(images[0].data)) !== 0) throw new Error('picture.png differs');
console.log('a picture of ' + again.width + ' x ' + again.height);
`;

/** Imports everything that the packages export with types. */
function typesOf(manifests: readonly Manifest[]): string {
  const entries = manifests.flatMap(({ name, exports }) =>
    Object.entries((exports ?? {}) as Readonly<Record<string, unknown>>)
      .filter(([, target]) => typeof target === 'object' && target !== null && 'types' in target)
      .map(([entry]) => name + entry.slice(1)),
  );
  return entries.map((entry, i) => `export * as entry${i} from '${entry}';\n`).join('');
}

const tsconfig = {
  compilerOptions: {
    target: 'es2022',
    lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'],
    module: 'nodenext',
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
  },
  files: ['types.ts'],
};

/** Files of a project that uses these packages, by name. */
export const consumerFiles = (manifests: readonly Manifest[]): Readonly<Record<string, string>> => ({
  'use.js': use,
  'types.ts': typesOf(manifests),
  'tsconfig.json': JSON.stringify(tsconfig),
});
