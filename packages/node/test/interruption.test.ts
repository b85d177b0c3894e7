import { type ChildProcess, spawn } from 'node:child_process';
import { expect, it } from 'vitest';

const source = new URL('../src/interruption.ts', import.meta.url).href;
/** Waits for an hour, unless it is asked to end; tells then, and goes on for a while. */
const code = `import(${JSON.stringify(source)}).then(({ interruptionSignal }) => {
  const signal = interruptionSignal();
  const timer = setTimeout(() => {}, 3_600_000);
  signal.addEventListener('abort', () => {
    console.log('ending');
    if (process.argv[1] !== 'slow') clearTimeout(timer);
  });
  console.log('ready');
});`;

function started(kind: string, onLine: (line: string, child: ChildProcess) => void) {
  const flags = ['--import', 'tsx', '-e', code, kind];
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.on('data', (text) => onLine(String(text).trim(), child));
  return new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit, signal) => resolve([exit, signal]));
  });
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s lets the work end in order',
  async (name) => {
    const lines: string[] = [];
    const end = await started('quick', (line, child) => {
      lines.push(line);
      if (line === 'ready') child.kill(name);
    });
    expect([lines, end]).toEqual([
      ['ready', 'ending'],
      [0, null],
    ]);
  },
  60_000,
);

it('a second signal ends the process', async () => {
  const end = await started('slow', (line, child) => {
    child.kill(line === 'ready' ? 'SIGTERM' : 'SIGINT');
  });
  expect(end).toEqual([null, 'SIGINT']);
}, 60_000);
