// Fields that plugins add to a layout and to its objects.

/** The value that is kept of what a user gave; throws an error that begins with `path` and says how to fix it. */
export type FieldParser = (given: unknown, path: string) => unknown;

/**
 * Parsers by field name. Each is asked only where the field is given, and must give what it gave when it is asked again
 * for its own result.
 */
export interface LayoutFields {
  /** Fields of a layout, beside `prompt` and `objects`. */
  readonly layout?: Readonly<Record<string, FieldParser>>;
  /** Fields of an object, beside `phrase` and `box`. */
  readonly object?: Readonly<Record<string, FieldParser>>;
  /**
   * Fields of a layout that are lists of further objects, read and checked as `objects` is. The graph has room for the
   * longest list of a layout.
   */
  readonly lists?: readonly string[];
}
