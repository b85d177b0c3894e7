// Messages to and from the worker: a line of JSON, and the bytes that it announces.

export interface Header {
  readonly id: number;
  /** Bytes that follow the line. */
  readonly bytes: number;
  readonly error?: string;
  readonly traceback?: string;
  readonly missing?: 'torch' | 'cuda';
  readonly problem?: string;
}

export interface Frame {
  readonly header: Header;
  /** Starts its own memory, so that typed arrays may be views of it. */
  readonly payload: Uint8Array<ArrayBuffer>;
}

const NEWLINE = 10;

/** Gives each frame to `take` when its last byte has come. */
export function frameReader(take: (frame: Frame) => void): (chunk: Uint8Array) => void {
  let line: Uint8Array[] = [];
  let header: Header | undefined;
  let payload = new Uint8Array(0);
  let filled = 0;

  const finish = (): void => {
    if (!header || filled < header.bytes) return;
    const frame = { header, payload };
    header = undefined;
    take(frame);
  };
  const readLine = (chunk: Uint8Array): number => {
    const end = chunk.indexOf(NEWLINE);
    line.push(end < 0 ? chunk : chunk.subarray(0, end));
    if (end < 0) return chunk.length;
    header = JSON.parse(Buffer.concat(line).toString('utf8')) as Header;
    line = [];
    payload = new Uint8Array(header.bytes);
    filled = 0;
    finish();
    return end + 1;
  };
  const readPayload = (chunk: Uint8Array): number => {
    const part = chunk.subarray(0, payload.length - filled);
    payload.set(part, filled);
    filled += part.length;
    finish();
    return part.length;
  };

  return (chunk) => {
    for (let rest = chunk; rest.length > 0; ) {
      rest = rest.subarray(header ? readPayload(rest) : readLine(rest));
    }
  };
}
