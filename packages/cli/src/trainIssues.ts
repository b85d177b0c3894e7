// What `train` and `dataset` say of data that are not as they should be.

import { DataError, type DataIssue, type DataIssueKind, issueText } from '@spatiallock/data';
import { InputError, reading } from './errors.js';

/** Issues of a kind that are written out; the others are counted. */
const LISTED = 10;

const headings: Readonly<Record<DataIssueKind, (count: number) => string>> = {
  bad: (count) => `${count} ${count === 1 ? 'entry' : 'entries'} that cannot be understood left out`,
  leftOut: (count) => `${count} ${count === 1 ? 'box' : 'boxes'} left out`,
  clipped: (count) => `${count} ${count === 1 ? 'box' : 'boxes'} over the edge cut off there`,
  turned: (count) => `${count} ${count === 1 ? 'picture' : 'pictures'} turned by EXIF, boxes with them`,
};

/** An issue, whose field is named as its flag. */
const lineOf = (issue: DataIssue): string => issueText(issue).replace(/^captions(?=: )/, '--captions');

/** For each kind its count and the first ten; what is bad, and left out by --skip-bad, as a whole. */
export function issueLines(issues: readonly DataIssue[]): string[] {
  return (Object.keys(headings) as DataIssueKind[]).flatMap((kind) => {
    const own = issues.filter((issue) => issue.kind === kind);
    if (own.length === 0) return [];
    const listed = kind === 'bad' ? own : own.slice(0, LISTED);
    const more = own.length - listed.length;
    return [
      `${headings[kind](own.length)}:`,
      ...listed.map((issue) => `  ${lineOf(issue)}`),
      ...(more > 0 ? [`  and ${more} more`] : []),
    ];
  });
}

/** A message of the library, whose option is named as its flag. */
export const withFlag = (message: string): string =>
  message.replace(/^(?:out|minBox|validation)(?=: )/, (option) =>
    option === 'minBox' ? '--min-box' : `--${option}`,
  );

/** As `reading`; data that cannot be used are listed, a line each, with what to do about them. */
export async function readingData<T>(
  { strict }: { readonly strict: boolean },
  step: () => Promise<T>,
): Promise<T> {
  try {
    return await reading(step);
  } catch (error) {
    const data = error instanceof InputError ? error.cause : undefined;
    if (!(data instanceof DataError))
      throw error instanceof InputError ? new InputError(withFlag(error.message), { cause: data }) : error;
    const advice = strict ? 'fix it, or leave --strict out' : 'fix it, or go on without it by --skip-bad';
    const lines = data.issues.map(lineOf);
    if (lines.length === 1) throw new InputError(`${lines[0]}; ${advice}`, { cause: data });
    throw new InputError(`${lines.length} entries cannot be used; ${advice}`, {
      cause: data,
      details: lines,
    });
  }
}
