// Runs the built command, and kills it where that is asked for.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));

export interface Outcome {
  readonly finished: boolean;
  /** The largest share of its steps that it had reported, in percent. */
  readonly percent: number;
  /** Lines about its main work that it had printed. */
  readonly lines: number;
}

export interface Kill {
  /** Lines about its main work that are waited for. */
  readonly after: number;
  /** Milliseconds from there. */
  readonly delay: number;
}

/** Starts the built command. */
export const startCommandLine = (words: readonly string[]) =>
  spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'ignore', 'pipe'] });

/** `task`: the word that its progress has for its main work. Rejects where the command ends with an error of its own. */
export function runCommandLine(words: readonly string[], task: string, kill?: Kill): Promise<Outcome> {
  const child = startCommandLine(words);
  const line = new RegExp(`^${task}.* (\\d+) %$`, 'gm');
  let [text, lines, percent] = ['', 0, 0];
  let timer: NodeJS.Timeout | undefined;
  const killIfDue = (): void => {
    if (kill && lines >= kill.after) timer ??= setTimeout(() => child.kill('SIGKILL'), kill.delay);
  };
  killIfDue();
  child.stderr.on('data', (piece) => {
    text += piece;
    const reported = [...text.matchAll(line)];
    lines = reported.length;
    percent = Math.max(percent, ...reported.map(([, share]) => Number(share)));
    killIfDue();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve({ finished: true, percent, lines });
      else if (signal === 'SIGKILL') resolve({ finished: false, percent, lines });
      else reject(new Error(`soak: the command ended with code ${code}\n${text}`));
    });
  });
}
