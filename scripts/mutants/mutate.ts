// Every small slip that can be put into a source file, one at a time, found in its syntax tree.

import ts from 'typescript';
import { isExcluded } from './exclude.js';
import type { TypedSources } from './program.js';

/** One slip: the text between two offsets is replaced. */
export interface Mutant {
  /** Path from the root of the repository. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly before: string;
  readonly after: string;
  /** The expression or statement that holds it: where it is noticed that a test runs it. */
  readonly site: Site;
}

export interface Site {
  readonly start: number;
  readonly end: number;
  readonly statement: boolean;
}

type Replacement = Pick<Mutant, 'start' | 'end' | 'after'>;

const operators: Readonly<Record<string, string>> = {
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '**': '*',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '&&': '||',
  '||': '&&',
  '+=': '-=',
  '-=': '+=',
  '*=': '/=',
  '/=': '*=',
};

/** Functions and methods that are easily confused. */
const callees: Readonly<Record<string, string>> = {
  max: 'min',
  min: 'max',
  floor: 'ceil',
  ceil: 'floor',
  round: 'floor',
  some: 'every',
  every: 'some',
  maximum: 'minimum',
  minimum: 'maximum',
  add: 'subtract',
  subtract: 'add',
  multiply: 'divide',
  divide: 'multiply',
  sin: 'cos',
  cos: 'sin',
};

/** The order of their first two arguments means nothing. */
const commutative = new Set([
  'add',
  'multiply',
  'maximum',
  'minimum',
  'max',
  'min',
  'imul',
  'hypot',
  // Of schedulers: of terms, each with its weight.
  'sum',
  'sameShape',
]);

/** All mutants of a file, in the order of its text. */
export function mutantsOf(file: string, sources: TypedSources): Mutant[] {
  const source = sources.source(file);
  const { text } = source;
  const found: Mutant[] = [];
  const visit = (node: ts.Node): void => {
    if (isExcluded(node)) return;
    for (const { start, end, after } of replacements(node, source, sources)) {
      const line = source.getLineAndCharacterOfPosition(start).line + 1;
      found.push({
        file,
        line,
        start,
        end,
        before: text.slice(start, end),
        after,
        site: siteOf(node, source),
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function siteOf(node: ts.Node, source: ts.SourceFile): Site {
  if (ts.isIfStatement(node) || ts.isWhileStatement(node)) return siteOf(node.expression, source);
  if (ts.isConditionalExpression(node)) return siteOf(node.condition, source);
  const { parent } = node;
  // A chain `a?.b().c` and the target of an assignment stay whole.
  if (isLink(parent) && parent.expression === node) return siteOf(parent, source);
  if (ts.isDeleteExpression(parent)) return siteOf(parent, source);
  if (ts.isBinaryExpression(parent) && parent.left === node) return siteOf(parent, source);
  return { ...whole(node, source), statement: ts.isStatement(node) };
}

const isLink = (node: ts.Node): node is ts.Node & { readonly expression: ts.Expression } =>
  ts.isPropertyAccessExpression(node) ||
  ts.isElementAccessExpression(node) ||
  ts.isCallExpression(node) ||
  ts.isNonNullExpression(node);

function replacements(node: ts.Node, source: ts.SourceFile, sources: TypedSources): Replacement[] {
  return [
    ...ofBinary(node, source),
    ...ofLiteral(node, source),
    ...ofCondition(node, source),
    ...ofStatement(node, source),
    ...ofCall(node, source, sources),
  ];
}

function whole(node: ts.Node, source: ts.SourceFile): Pick<Mutant, 'start' | 'end'> {
  return { start: node.getStart(source), end: node.end };
}

function ofBinary(node: ts.Node, source: ts.SourceFile): Replacement[] {
  if (!ts.isBinaryExpression(node)) return [];
  const [left, right] = [node.left.getText(source), node.right.getText(source)];
  const sign = node.operatorToken.getText(source);
  // `a ?? b` is mutated to what it gives where a is set, or where it is not.
  if (sign === '??') return [{ ...whole(node, source), after: `(${right})` }];
  const other = operators[sign];
  if (other === undefined || isText(node.left) || isText(node.right)) return [];
  const assigns = sign.length > 1 && sign.endsWith('=') && !/[=!<>]=$/.test(sign);
  const changed = `${left} ${other} ${right}`;
  return [{ ...whole(node, source), after: assigns ? changed : `(${changed})` }];
}

const isText = (node: ts.Node): boolean => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);

function ofLiteral(node: ts.Node, source: ts.SourceFile): Replacement[] {
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [{ ...whole(node, source), after: 'false' }];
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [{ ...whole(node, source), after: 'true' }];
  if (!ts.isNumericLiteral(node)) return [];
  const value = Number(node.text);
  const changed = Number.isInteger(value) ? value + 1 : value * 1.5;
  return [{ ...whole(node, source), after: String(changed) }];
}

function ofCondition(node: ts.Node, source: ts.SourceFile): Replacement[] {
  const negated = (condition: ts.Expression): Replacement => ({
    ...whole(condition, source),
    after: `!(${condition.getText(source)})`,
  });
  if (ts.isIfStatement(node) || ts.isWhileStatement(node)) return [negated(node.expression)];
  if (ts.isConditionalExpression(node)) return [negated(node.condition)];
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
    return [{ ...whole(node, source), after: `(${node.operand.getText(source)})` }];
  }
  return [];
}

/** Removes calls, assignments, loops, and checks that would throw; returns before the rest of a block. */
function ofStatement(node: ts.Node, source: ts.SourceFile): Replacement[] {
  const removed = { ...whole(node, source), after: '{}' };
  if (ts.isExpressionStatement(node)) return [removed];
  if (ts.isForStatement(node) || ts.isForOfStatement(node)) return [removed];
  if (ts.isIfStatement(node) && !node.elseStatement && node.parent && isInBlock(node)) return [removed];
  return [];
}

const isInBlock = (node: ts.Node): boolean => ts.isBlock(node.parent) || ts.isSourceFile(node.parent);

function ofCall(node: ts.Node, source: ts.SourceFile, sources: TypedSources): Replacement[] {
  if (!ts.isCallExpression(node)) return [];
  const name = ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression;
  const called = name.getText(source);
  return [
    ...otherCallee(name, called, source),
    ...swapped(node, called, source, sources),
    ...otherBound(node, called, source),
  ];
}

function otherCallee(name: ts.Node, called: string, source: ts.SourceFile): Replacement[] {
  const other = Object.hasOwn(callees, called) ? callees[called] : undefined;
  // The names of values must be in scope: core's are, for they are imported together where this counts.
  if (other === undefined || (ts.isIdentifier(name) && !isInScope(name, other, source))) return [];
  return [{ ...whole(name, source), after: other }];
}

/** A method's name needs no import; a function's must be one that the file has. */
function isInScope(name: ts.Identifier, other: string, source: ts.SourceFile): boolean {
  if (ts.isPropertyAccessExpression(name.parent)) return true;
  return new RegExp(`^import [^;]*\\b${other}\\b[^;]*;`, 'm').test(source.text);
}

function swapped(
  node: ts.CallExpression,
  called: string,
  source: ts.SourceFile,
  { interchangeable }: TypedSources,
): Replacement[] {
  const [first, second] = node.arguments;
  if (!first || !second || commutative.has(called) || isText(first) || isText(second)) return [];
  if (ts.isSpreadElement(first) || ts.isSpreadElement(second) || !interchangeable(first, second)) return [];
  const [a, b] = [first.getText(source), second.getText(source)];
  if (a === b) return [];
  return [{ start: first.getStart(source), end: second.end, after: `${b}, ${a}` }];
}

const bounded = new Set(['slice', 'subarray', 'sliceAxis', 'at']);

function otherBound(node: ts.CallExpression, called: string, source: ts.SourceFile): Replacement[] {
  const last = node.arguments.at(-1);
  if (!bounded.has(called) || !last || ts.isNumericLiteral(last) || called === 'at') return [];
  return [{ ...whole(last, source), after: `${last.getText(source)} - 1` }];
}
