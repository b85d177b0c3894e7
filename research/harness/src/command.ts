// The process around this repository's own commands, `npm run NAME -- --flag value`: help, one line of error, Ctrl-C.

import {
  type ArgsDef,
  asProcess,
  exitCodeOf,
  type Flags,
  help,
  isHelp,
  readFlags,
  say,
} from '@spatiallock/cli/command';

export interface CommandContext {
  /** Aborted by the first Ctrl-C; the second one kills. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface RepositoryCommand {
  /** As in package.json's scripts. */
  readonly name: string;
  readonly description: string;
  readonly args: ArgsDef;
  /** What an interrupted run has kept; by default nothing. */
  readonly kept?: string;
  run(flags: Flags, context: CommandContext): Promise<void>;
}

/** What long trainings keep. */
export const RESUMES = 'the same command goes on from the last checkpoint';

/** Runs the words of this process; sets its exit code. */
export async function runCommand({ name, description, args, kept, run }: RepositoryCommand): Promise<void> {
  const words = process.argv.slice(2);
  await asProcess((io) => {
    const { signal } = io;
    const work = (): Promise<void> =>
      words.some(isHelp)
        ? help({ meta: { name: `${name} --`, description }, args }, { meta: { name: 'npm run' } }, io)
        : run(readFlags(words, args, `npm run ${name} --`), { signal, say: (line) => say(io, line) });
    return exitCodeOf(work, io, kept);
  });
}
