// Commands of shell examples, split into words as a shell does.

import { parse } from 'shell-quote';

export interface ShellCommand {
  readonly words: readonly string[];
  /** Line within the example, from 1. */
  readonly line: number;
}

/**
 * The commands of an example: each line, those that `\` continues put together, and each part between `|`, `&&` and `;`.
 * Assignments before a command, comments and redirections are left out.
 */
export function shellCommands(code: string): ShellCommand[] {
  const lines = code.split('\n');
  const commands: ShellCommand[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = i + 1;
    let text = lines[i] ?? '';
    while (text.endsWith('\\') && i + 1 < lines.length) text = `${text.slice(0, -1)} ${lines[++i]}`;
    for (const words of partsOf(text)) commands.push({ words, line });
  }
  return commands;
}

function partsOf(line: string): string[][] {
  const parts: string[][] = [[]];
  let redirects = false;
  for (const token of parse(line, (name) => `$${name}`)) {
    if (typeof token === 'object' && 'comment' in token) break;
    const isSeparator = typeof token === 'object' && 'op' in token && token.op !== 'glob';
    if (isSeparator) {
      redirects = /[<>]/.test(token.op);
      if (!redirects) parts.push([]);
    } else if (redirects) {
      redirects = false;
    } else {
      parts.at(-1)?.push(typeof token === 'string' ? token : 'pattern' in token ? token.pattern : '');
    }
  }
  return parts.map((words) => words.slice(assignmentsOf(words))).filter((words) => words.length > 0);
}

/** How many words assign variables before the command begins. */
function assignmentsOf(words: readonly string[]): number {
  const at = words.findIndex((word) => !/^\w+=/.test(word));
  return at < 0 ? words.length : at;
}
