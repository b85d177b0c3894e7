// Doc comments as editors show them: a bare `@package` in one starts a tag, and cuts the text off.

import ts from 'typescript';

/** Tags that we use. */
const known = new Set(['deprecated', 'example', 'internal', 'param', 'returns', 'see', 'throws']);

/** For each tag of a source file's doc comments that is no tag of ours: its line and its text. */
export function strayTags(fileName: string, source: string): string[] {
  const file = ts.createSourceFile(fileName, source, ts.ScriptTarget.Latest, true);
  const found = new Map<number, string>();
  const visit = (node: ts.Node): void => {
    for (const tag of ts.getJSDocTags(node)) {
      const name = tag.tagName.text;
      if (!known.has(name)) found.set(tag.pos, name);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return [...found].map(([at, name]) => {
    const { line } = file.getLineAndCharacterOfPosition(at);
    return `${fileName}:${line + 1}: a bare @${name} cuts the doc comment off; put it in backticks`;
  });
}
