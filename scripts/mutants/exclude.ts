// What is not mutated: types, imports, and the words of messages.

import ts from 'typescript';

/** Functions whose arguments are words for people. */
const messages = new Set(['fail', 'say', 'onWarning', 'warn', 'log', 'info', 'debug', 'describe']);

/** Whether nothing below this node is to be mutated. */
export function isExcluded(node: ts.Node): boolean {
  if (ts.isTypeNode(node) || ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node)) return true;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return true;
  return ts.isThrowStatement(node) || isErrorMade(node) || isMessage(node);
}

const isErrorMade = (node: ts.Node): boolean =>
  ts.isNewExpression(node) && /Error$/.test(node.expression.getText());

function isMessage(node: ts.Node): boolean {
  if (!ts.isCallExpression(node)) return false;
  const { expression } = node;
  if (ts.isPropertyAccessExpression(expression)) return messages.has(expression.name.text);
  return ts.isIdentifier(expression) && messages.has(expression.text);
}
