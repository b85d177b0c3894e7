// Names parameters as diffusers' checkpoints do: a scope is a path, and parameters are made under it.

import { checkFunction, checkMethods, checkNumber } from '../checks/index.js';
import { sameShape } from '../graph/shapes.js';
import type { Shape } from '../graph/tensor.js';
import { attrsOf, describe, parameter, type Value } from '../graph/value.js';

/** How training starts a parameter. `uniform` draws from -bound..bound, `normal` has the given standard deviation. */
export type Init =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'normal'; readonly std: number };

const SPREAD = { min: 0, max: Number.MAX_VALUE };

/** Starts a parameter at 0. */
export const zeros: Init = { kind: 'constant', value: 0 };
/** Starts a parameter at 1. */
export const ones: Init = { kind: 'constant', value: 1 };
/** Initial values drawn evenly from -bound..bound. */
export const uniform = (bound: number): Init => ({
  kind: 'uniform',
  bound: checkNumber(bound, SPREAD, 'bound'),
});
/** Initial values drawn from a normal distribution of mean 0 and this standard deviation. */
export const normal = (std: number): Init => ({ kind: 'normal', std: checkNumber(std, SPREAD, 'std') });

/** A place in a network under which parameters are named. */
export interface Scope {
  readonly path: string;
  /** The scope one or more names further down: `scope.at('down_blocks', 0)`. */
  at(...names: readonly (string | number)[]): Scope;
  /** The parameter of that name; asking twice gives the same value, and must give the same shape. */
  param(name: string, shape: Shape, init: Init): Value;
}

/** Collects the parameters that networks ask for. */
export interface ParameterStore {
  readonly scope: Scope;
  readonly params: Record<string, Value>;
}

/** An empty store of parameters, with the scope that networks ask for them. */
export function parameterStore(): ParameterStore {
  const params: Record<string, Value> = {};
  const scopeAt = (path: string): Scope => ({
    path,
    at: (...names) => scopeAt([path, ...names].filter((part) => part !== '').join('.')),
    param(name, shape, init) {
      const full = path === '' ? name : `${path}.${name}`;
      const known = params[full];
      if (known && !sameShape(known.shape, shape)) {
        throw new Error(`${describe(known)}: asked for again with shape [${shape.join(', ')}]`);
      }
      params[full] ??= parameter(full, shape, { init });
      return params[full];
    },
  });
  return { scope: scopeAt(''), params };
}

/**
 * The same place, where each parameter is changed as it is asked for: `transform` is given its full name and what the
 * place gives. Asking twice gives the same value.
 */
export function transformedScope(root: Scope, transform: (name: string, value: Value) => Value): Scope {
  checkScope(root, 'root');
  checkFunction(transform, 'transform');
  const known = new Map<string, Value>();
  const wrap = (scope: Scope): Scope => ({
    path: scope.path,
    at: (...names) => wrap(scope.at(...names)),
    param(name, shape, init) {
      const full = scope.path === '' ? name : `${scope.path}.${name}`;
      const value = scope.param(name, shape, init);
      const changed = known.get(full) ?? transform(full, value);
      known.set(full, changed);
      return changed;
    },
  });
  return wrap(root);
}

/** Throws an error that begins with `path` unless parameters can be named under it. */
export function checkScope(given: unknown, path = 'scope'): void {
  checkMethods(given, ['at', 'param'], path, 'a scope, as parameterStore() gives');
}

/** Attributes of parameter nodes. */
export interface ParameterAttrs {
  readonly name: string;
  readonly init: Init;
}

export const initOf = (value: Value): Init => attrsOf<ParameterAttrs>(value).init;
