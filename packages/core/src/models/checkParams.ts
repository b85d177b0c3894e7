// Compares the parameters that a network asks for with those that a checkpoint gives.

import { checkKeys, checkList, checkObject } from '../checks/index.js';
import { checkValue } from '../graph/operands.js';
import { sameShape } from '../graph/shapes.js';
import type { Shape, Tensors } from '../graph/tensor.js';
import type { Values } from '../graph/value.js';

/** Options of `checkParams`. */
export interface CheckParamsOptions {
  /** What the parameters belong to, for the error: `unet`. */
  readonly title?: string;
  /** Path parts (`fuser`, `position_net`) below which parameters may be missing or superfluous. */
  readonly optional?: readonly string[];
}

/**
 * Throws where a config has more layers than the weights have tensors: every layer has at least one of its own.
 * Cheap, and so asked before a graph of that many layers is built.
 */
export function checkLayerCount(title: string, layers: number, given: Tensors): void {
  const found = Object.keys(given).length;
  if (layers <= found) return;
  throw new Error(
    `${title}: the config asks for at least ${layers} layers, but the weights hold ${found} tensors; they do not belong together`,
  );
}

/** How many parameters an error lists of each kind. */
const LISTED = 5;

/**
 * Throws unless `given` holds every parameter of `expected` with its shape, and no other.
 * The error lists the first that are missing, unexpected or of the wrong shape.
 */
export function checkParams(expected: Values, given: Tensors, options: CheckParamsOptions = {}): void {
  checkObject(expected, 'expected');
  checkObject(given, 'given');
  for (const [name, each] of Object.entries(given))
    checkList(checkObject(each, name).shape, `${name}: shape`, 'numbers');
  for (const [name, each] of Object.entries(expected)) checkValue('checkParams', each, name);
  checkKeys(options, ['title', 'optional'], 'options');
  const { title = 'parameters', optional = [] } = options;
  const needed = (name: string) => !optional.some((part) => `.${name}.`.includes(`.${part}.`));
  const missing = Object.keys(expected).filter((name) => !given[name] && needed(name));
  const unexpected = Object.keys(given).filter((name) => !expected[name] && needed(name));
  const wrong = Object.keys(expected).filter(
    (name) => given[name] && !sameShape(expected[name].shape, given[name].shape),
  );
  const problems = [
    ...report('missing', missing, (name) => `${name} ${brackets(expected[name].shape)}`),
    ...report('unexpected', unexpected, (name) => `${name} ${brackets(given[name].shape)}`),
    ...report('of the wrong shape', wrong, (name) => {
      const [wanted, found] = [expected[name].shape, given[name].shape];
      return `${name} is ${brackets(found)}, the network needs ${brackets(wanted)}`;
    }),
  ];
  if (problems.length === 0) return;
  throw new Error(`${title}: the weights do not fit the config\n${problems.join('\n')}`);
}

function report(kind: string, names: readonly string[], line: (name: string) => string): string[] {
  if (names.length === 0) return [];
  const more = names.length > LISTED ? [`    and ${names.length - LISTED} more`] : [];
  return [
    `  ${names.length} ${kind}:`,
    ...names.slice(0, LISTED).map((name) => `    ${line(name)}`),
    ...more,
  ];
}

const brackets = (shape: Shape): string => `[${shape.join(', ')}]`;
