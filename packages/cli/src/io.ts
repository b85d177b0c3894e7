// What a command sees of the process, so that tests can run one inside their own.

/** Where a command reads and writes, and what interrupts it: the process's own, or a test's. */
export interface Io {
  /** Relative paths are read from here. */
  readonly cwd: string;
  /** Absent where there is nothing to read. */
  readonly stdin?: AsyncIterable<Uint8Array | string>;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** How progress is shown on stderr: a bar that is drawn over, or plain lines; default none. */
  readonly progress?: 'bar' | 'lines';
  /** Whether nothing but errors is printed. */
  readonly quiet?: boolean;
}

/** Prints a line for people to read, unless they asked for none. */
export function say(io: Io, line: string): void {
  if (!io.quiet) io.stdout.write(`${line}\n`);
}

/** Something beside the results, on stderr. */
export function note(io: Io, line: string): void {
  io.stderr.write(`${line}\n`);
}
