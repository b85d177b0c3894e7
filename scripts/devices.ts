// `npm run devices`: what works on which device, as the last run of all tests found it, into docs/devices.md.

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Scope, toleranceOf } from '@spatiallock/conformance';
import { composites, primitives } from '@spatiallock/core/backend';

const REPORT = 'artifacts/vitest.json';
const PAGE = 'docs/devices.md';

interface Device {
  readonly backend: string;
  readonly place: 'Node' | 'Chromium';
}
interface Result {
  readonly name: string;
  readonly passed: boolean;
}

const devices: readonly Device[] = [
  { backend: 'reference', place: 'Node' },
  { backend: 'onnx-cpu', place: 'Node' },
  { backend: 'tfjs-cpu', place: 'Node' },
  { backend: 'tfjs-wasm', place: 'Node' },
  { backend: 'tfjs-webgpu', place: 'Node' },
  { backend: 'onnx-wasm', place: 'Chromium' },
  { backend: 'onnx-webgpu', place: 'Chromium' },
  { backend: 'tfjs-wasm', place: 'Chromium' },
  { backend: 'tfjs-webgpu', place: 'Chromium' },
];

/** What a case is about; a case that none of these fits is one of an op. */
const subjects: readonly (readonly [title: string, has: (name: string) => boolean])[] = [
  ['gradients', (name) => name.startsWith('gradient of ')],
  ['chains of operations', (name) => name.startsWith('chain: ')],
  ['promises of `Backend` and `Executable`', (name) => name.startsWith('contract: ')],
  ['training steps', (name) => name.startsWith('training: ')],
  ['networks against PyTorch', (name) => name.startsWith('network: ')],
  ['a picture in five steps', (name) => name.startsWith('picture: ')],
  ['composites', (name) => opOf(name) in composites],
  ['primitives', (name) => opOf(name) in primitives],
];
const order = [7, 6, 1, 0, 2, 3, 4, 5].map((i) => subjects[i]![0]);

const opOf = (name: string): string => name.slice(0, name.indexOf(':'));

function subjectOf(name: string): string {
  const found = subjects.find(([, has]) => has(name));
  if (!found) throw new Error(`${name}: no subject fits this case; add one to scripts/devices.ts`);
  return found[0];
}

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

/** The cases of the suite that ran on a device. */
function resultsOf({ testResults }: Report, { backend, place }: Device): readonly Result[] {
  const title = `conformance of ${backend} in ${place}`;
  const own = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ ancestorTitles }) => ancestorTitles.includes(title));
  if (own.length === 0) throw new Error(`${REPORT} holds no "${title}"; run npm run test:report`);
  return own.map(({ title: name, status }) => ({ name, passed: status === 'passed' }));
}

function cell(results: readonly Result[], subject: string): string {
  const own = results.filter(({ name }) => subjectOf(name) === subject);
  if (own.length === 0) return 'not run';
  const failed = own.filter(({ passed }) => !passed);
  if (failed.length === 0) return `${own.length}`;
  return `**${own.length - failed.length} of ${own.length}**, not ${failed.map(({ name }) => name).join(', ')}`;
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((cells) => cells[i]!.length)));
  const padded = (cells: readonly string[]) => row(cells.map((text, i) => text.padEnd(widths[i]!)));
  return [padded(head), row(widths.map((n) => '-'.repeat(n))), ...rows.map(padded)].join('\n');
}

const scopes: readonly Scope[] = ['op', 'gradient', 'network', 'training', 'picture'];

/** What a device does where half precision is asked for. */
const halfPrecision: readonly (readonly string[])[] = [
  ['onnx-cpu, Node', 'yes, slower than float32: to see what cards compute'],
  ['cuda, Node', 'yes; not run in tests'],
  ['onnx-webgpu, Chromium', "where the card has WebGPU's feature shader-f16, else refused; not run in tests"],
  ['onnx-wasm, tfjs-wasm, tfjs-webgpu', 'refused: float32 alone'],
  ['tfjs-cpu, reference', 'no such option: float32 alone'],
];

function page(report: Report): string {
  const results = devices.map((device) => resultsOf(report, device));
  const names = devices.map(({ backend, place }) => `${backend}, ${place}`);
  const passed = results.map((own, i) => [names[i]!, ...order.map((subject) => cell(own, subject))]);
  const allowed = devices.map(({ backend }, i) => [
    names[i]!,
    ...scopes.map((scope) => toleranceOf(backend, scope, 'float32').toExponential(0)),
  ]);
  return `# What works on which device

Written by \`npm run devices\` from a run of all tests, not by hand: how many cases of the conformance suite pass, and
by name any that do not. Chromium is headless here; WebGPU, there and in Node (Dawn), runs on SwiftShader, in software,
where two cases that take minutes run in Chromium alone.

${table(['device', ...order], passed)}

Numbers may lie this far from the expected ones, as a part of the largest of them (\`packages/conformance/src/tolerances.ts\`):

${table(['device', 'one operation', 'its gradient', 'a network', 'training', 'a picture'], allowed)}

## Half precision

Where [half precision](guides/performance.md#half-precision) is asked for. A card's own halves are in no test run: \`half.test.ts\` of
the ONNX backend compares the same graphs, on the runtime's processor, with PyTorch.

${table(['device', 'precision: half'], halfPrecision)}
`;
}

writeFileSync(`${PAGE}.tmp`, page(JSON.parse(readFileSync(REPORT, 'utf8'))));
renameSync(`${PAGE}.tmp`, PAGE);
process.stdout.write(`${PAGE}: ${devices.length} devices\n`);
