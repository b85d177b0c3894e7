// What a command sees of the process, so that tests can run one inside their own.

export interface Io {
  /** Relative paths are read from here. */
  readonly cwd: string;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
}

export function say(io: Io, line: string): void {
  io.stdout.write(`${line}\n`);
}

/** Something beside the results, on stderr. */
export function note(io: Io, line: string): void {
  io.stderr.write(`${line}\n`);
}
