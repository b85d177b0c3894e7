// The process in which tests run: one vitest for all mutants, messages say which source to serve changed.

import { isAbsolute, join, resolve } from 'node:path';
import { createVitest, type TestModule, type TestSpecification } from 'vitest/node';
import type { HostReply, HostRequest } from './hostMessages.js';

const root = process.cwd();
const [workers = '1', hits = ''] = process.argv.slice(2);
/** The texts that stand for files on the disk, by absolute path. */
let served = new Map<string, string>();
/** Test files in the order in which they shall run. */
let order: readonly string[] = [];

class InOrder {
  async shard(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files;
  }

  async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.sort((a, b) => order.indexOf(a.moduleId) - order.indexOf(b.moduleId));
  }
}

const vitest = await createVitest(
  'test',
  {
    root,
    config: join(root, 'vitest.config.ts'),
    watch: false,
    reporters: [{}],
    bail: 1,
    maxWorkers: Number(workers),
    provide: { mutantHits: hits },
    setupFiles: [join(root, 'scripts/mutants/setup.ts')],
    sequence: { sequencer: InOrder },
    silent: true,
    // A test that waits for the machine has noticed nothing; the client ends what hangs.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
  {
    plugins: [
      {
        name: 'spatiallock-mutants',
        enforce: 'pre',
        load: (id) => served.get(id.split('?')[0] ?? id),
      },
    ],
  },
);
await vitest.standalone();

async function run({ texts, tests }: HostRequest): Promise<HostReply> {
  const changed = new Set([...served.keys(), ...Object.keys(texts).map((file) => resolve(root, file))]);
  served = new Map(Object.entries(texts).map(([file, text]) => [resolve(root, file), text]));
  for (const file of changed) vitest.invalidateFile(file);
  order = tests.map((test) => resolve(root, test));
  // What failed before counts towards `bail`.
  vitest.state.filesMap.clear();
  vitest.state.idMap.clear();
  vitest.state.clearErrors();
  const specifications = order.flatMap((path) => vitest.getModuleSpecifications(path));
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
  return {
    tests: testModules.map((module) => ({
      file: relativeToRoot(module.moduleId),
      ran: module.state() !== 'queued' && module.state() !== 'pending',
      ok: module.ok(),
      milliseconds: module.diagnostic().duration,
      error: firstError(module),
    })),
    unhandled: unhandledErrors.map((error) => messageOf(error)),
  };
}

const relativeToRoot = (path: string): string => (isAbsolute(path) ? path.slice(root.length + 1) : path);

function firstError(module: TestModule): string | undefined {
  const [own] = module.errors();
  if (own) return own.message;
  for (const test of module.children.allTests('failed')) {
    const [error] = test.result().errors ?? [];
    return `${test.fullName}: ${error?.message ?? 'failed'}`;
  }
  return undefined;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

process.on('message', (request: HostRequest) => {
  run(request).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ tests: [], unhandled: [messageOf(error)] } satisfies HostReply),
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
