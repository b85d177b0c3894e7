/** Asks the host to run test files, in this order, until one fails. */
export interface HostRequest {
  /** Texts that stand for sources, by path from the root. */
  readonly texts: Readonly<Record<string, string>>;
  readonly tests: readonly string[];
}

export interface TestFileResult {
  readonly file: string;
  /** False where an earlier file's failure ended the run. */
  readonly ran: boolean;
  readonly ok: boolean;
  readonly milliseconds: number;
  /** The first failed test with its message. */
  readonly error?: string;
}

export interface HostReply {
  readonly tests: readonly TestFileResult[];
  /** Errors outside any test. */
  readonly unhandled: readonly string[];
}
