// Code of Markdown pages: fenced blocks, and what stands in prose.

export interface Fence {
  /** What follows the opening fence: `ts`, `ts outline`, `sh`. */
  readonly info: string;
  readonly code: string;
  /** Line of the page where the code begins, from 1. */
  readonly line: number;
}

const FENCE = /^(`{3,})([^\n`]*)\n([\s\S]*?)^\1[ \t]*$/gm;

/** The fenced blocks of a page, in their order. Fences that are indented, as in lists, are not looked at. */
export function fencesOf(markdown: string): Fence[] {
  return [...markdown.matchAll(FENCE)].map(({ index, 2: info = '', 3: code = '' }) => ({
    info: info.trim(),
    code,
    line: lineAt(markdown, index) + 1,
  }));
}

export interface InlineCode {
  /** On one line, as it is shown. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

/** Code between single backticks outside of fenced blocks. */
export function inlineCodeOf(markdown: string): InlineCode[] {
  const prose = markdown.replace(FENCE, (block) => block.replace(/[^\n]/g, ' '));
  return [...prose.matchAll(/(?<!`)`([^`]+)`(?!`)/g)].map(({ index, 1: text = '' }) => ({
    text: text.replace(/\s+/g, ' ').trim(),
    line: lineAt(prose, index),
  }));
}

const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length;
