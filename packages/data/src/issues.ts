// What readers of data sets leave out, change or do not understand.

import {
  checkCallback,
  checkFlag,
  checkKeys,
  checkList,
  checkObject,
  checkText,
} from '@spatiallock/core/checks';

/**
 * `bad`: cannot be understood. `leftOut`: a box without area or outside of the picture, or the same object again.
 * `clipped`: a box over the edge, cut off there. `turned`: boxes turned with a picture that EXIF turns.
 */
export type DataIssueKind = 'bad' | 'leftOut' | 'clipped' | 'turned';

/** A fault of a file: of which kind, in which field, and what was done about it. */
export interface DataIssue {
  readonly kind: DataIssueKind;
  /** Where it is, such as `annotations[3].bbox`, `images[2] (a.jpg)` or `line 2`. */
  readonly field: string;
  /** What it is, and how to fix it. */
  readonly message: string;
  /** The picture, where it is known. */
  readonly fileName?: string;
  /** As the file has it, where it is known. */
  readonly id?: string;
}

/** What a reader does with entries at fault. */
export interface ReadOptions {
  /** Called for everything that is left out, changed or refused. */
  readonly onIssue?: (issue: DataIssue) => void;
  /** Goes on without what cannot be understood. Default false: an error lists it all. */
  readonly skipBad?: boolean;
  /** Takes what would be left out or changed for bad, too. Default false. */
  readonly strict?: boolean;
}

const READ_OPTIONS = ['onIssue', 'skipBad', 'strict'] as const satisfies readonly (keyof ReadOptions)[];

/** Throws an error that names an option which a reader does not know; `more` are its own. */
export function checkReadOptions(options: ReadOptions, more: readonly string[] = []): void {
  const {
    onIssue,
    skipBad = false,
    strict = false,
  }: ReadOptions = checkKeys(options, [...READ_OPTIONS, ...more], 'options');
  checkCallback(onIssue, 'options.onIssue');
  checkFlag(skipBad, 'options.skipBad');
  checkFlag(strict, 'options.strict');
}

/** Data that cannot be used as they are; the message has a line for each issue. */
export class DataError extends Error {
  override readonly name = 'DataError';
  readonly issues: readonly DataIssue[];

  constructor(issues: readonly DataIssue[]) {
    checkList(issues, 'issues', 'issues');
    super(issues.map(issueText).join('\n'));
    this.issues = issues;
  }
}

/** `annotations[3].bbox: the box has no area (a.jpg, id 7)`. */
export function issueText(issue: DataIssue): string {
  checkText(checkObject(issue, 'issue').field, 'issue.field');
  const { field, message, fileName, id } = issue;
  const name = fileName === undefined ? undefined : shortText(fileName);
  const named = name === undefined || field.includes(name);
  const where = [...(named ? [] : [name]), ...(id === undefined ? [] : [`id ${shortText(id)}`])];
  return `${field}: ${message}${where.length > 0 ? ` (${where.join(', ')})` : ''}`;
}

/** Letters of a name that are shown as they are. */
const SHOWN = 160;

/** A name of a file's own as messages show it: of a very long one both ends. */
export function shortText(text: string): string {
  checkText(text, 'text');
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN / 2)}...${text.slice(-SHOWN / 2)}`;
}

/** Collects the faults of a file; `finish` throws where they may not be passed over. */
export interface IssueCollector {
  /** Records a fault. */
  add(issue: DataIssue): void;
  /** Throws a DataError of all that is bad, unless that is to be skipped. */
  finish(): void;
}

/** Collects what a reader finds: reports to `onIssue`, and `finish` throws a `DataError` with everything that must be refused. */
export function issueCollector(options: ReadOptions): IssueCollector {
  checkObject(options, 'options');
  const { onIssue, skipBad = false, strict = false } = options;
  const bad: DataIssue[] = [];
  return {
    add(issue) {
      onIssue?.(issue);
      if (strict || issue.kind === 'bad') bad.push(issue);
    },
    finish() {
      const fatal = skipBad ? bad.filter(({ kind }) => kind !== 'bad') : bad;
      if (fatal.length > 0) throw new DataError(fatal);
    },
  };
}
