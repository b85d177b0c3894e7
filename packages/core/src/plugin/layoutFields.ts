// What plugins read of a layout: fields of their own, and what they demand of the rest.

import type { ClipTokenizer } from '../pipeline/tokenizer.js';

/** The fields of a layout that are no plugin's. */
export const LAYOUT_FIELDS: readonly string[] = ['prompt', 'negativePrompt', 'width', 'height', 'objects'];
/** The fields of an object that are no plugin's. */
export const OBJECT_FIELDS: readonly string[] = ['phrase', 'box'];

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
  /** Of `lists`: those that count in unconditional rows alone, so that a call without guidance warns that they have no effect. */
  readonly negative?: readonly string[];
}

/** What a plugin may ask while it checks a layout. */
export interface LayoutContext {
  readonly tokenizer: ClipTokenizer;
  /** As `CallContext.phraseTokens`. */
  phraseTokens(prompt: string, phrase: string): readonly number[];
}
