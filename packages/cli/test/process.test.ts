// The real process: its exit codes, its streams and Ctrl-C.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { filesIn, fixtureModelFolder, temporaryFolder } from './support.js';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

/** Runs the command; `onOutput` is told of what it has printed so far. */
function spawnHere(
  words: readonly string[],
  cwd: string,
  onOutput?: (stdout: string, kill: () => void) => void,
) {
  const flags = ['--import', tsx, '--conditions=@spatiallock/source', main];
  const child = spawn(process.execPath, [...flags, ...words], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (piece) => {
    stdout += piece;
    onOutput?.(stdout, () => child.kill('SIGINT'));
  });
  child.stderr.on('data', (piece) => {
    stderr += piece;
  });
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('the process', () => {
  it('shows help', async () => {
    const { code, stdout, stderr } = await spawnHere([], temporaryFolder());
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('generate');
    expect(stdout).toContain('evaluate');
  });

  it('refuses bad input', async () => {
    const folder = temporaryFolder();
    expect(await spawnHere(['generate', '--object', 'a dog@0.4,0.1,0.1,0.5'], folder)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: objects[0].box: x1 (0.10) must be greater than x0 (0.40)\n',
    });
    expect(filesIn(folder)).toEqual([]);
  });

  it('stops at Ctrl-C and leaves nothing', async () => {
    const folder = temporaryFolder();
    const model = await fixtureModelFolder();
    let interrupted = false;
    const words = ['generate', '--model', model, '--steps', '1000', '--threads', '1'];
    const { code, stderr } = await spawnHere(words, folder, (stdout, kill) => {
      if (interrupted || !stdout.includes('--out picture.png')) return;
      interrupted = true;
      setTimeout(kill, 500);
    });
    expect(stderr).toBe('interrupted: nothing was written\n');
    expect(code).toBe(130);
    expect(filesIn(folder)).toEqual([]);
  });
});
