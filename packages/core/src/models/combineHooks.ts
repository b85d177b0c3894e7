// The hooks of several plugins as one: each acts in turn, and conflicts are errors.

import { showValue } from '../checks/showValue.js';
import { isValue } from '../graph/operands.js';
import { sameShape } from '../graph/shapes.js';
import { describe, type Value } from '../graph/value.js';
import { asPlugin } from '../plugin/pluginError.js';
import type {
  AttentionCall,
  AttentionSite,
  CaptureProbs,
  JoinedMaps,
  Site,
  SkipSite,
  UNetHooks,
} from './hooks.js';

/** Hooks with the name of whom they belong to, for errors. */
export interface OwnedHooks {
  readonly owner: string;
  readonly hooks: UNetHooks;
}

/** Hooks as networks call them: every one answers. */
export type CombinedHooks = Required<UNetHooks>;

/**
 * Changes of a value are made in order, each of what the one before gave. Of attention processors the first stands
 * outermost: its `next` is the second. Throws, where a hook is called, if the shape of a value changes, or if a
 * processor replaces an attention that another one behind it would handle.
 */
export function combineHooks(all: readonly OwnedHooks[]): CombinedHooks {
  const attentionProbs = (probs: Value, site: AttentionSite): void => {
    for (const { owner, hooks } of all) asPlugin(owner, () => hooks.attentionProbs?.(probs, site));
  };
  return {
    attentionProbs,
    features: (map, site) => {
      for (const { owner, hooks } of all) asPlugin(owner, () => hooks.features?.(map, site));
    },
    parameter: (name, value) =>
      inTurn(all, value, 'parameter', name, (hooks, x) => hooks.parameter?.(name, x)),
    afterResnet: (map, site) =>
      inTurn(all, map, 'afterResnet', site.scope.path, (hooks, x) => hooks.afterResnet?.(x, site)),
    afterSelfAttention: (tokens, site, given) => {
      const capture: CaptureProbs =
        given ?? ((probs) => attentionProbs(probs, { ...site, attention: 'grounding' }));
      return inTurn(all, tokens, 'afterSelfAttention', site.scope.path, (hooks, x) =>
        hooks.afterSelfAttention?.(x, site, capture),
      );
    },
    afterCrossAttention: (tokens, site) =>
      inTurn(all, tokens, 'afterCrossAttention', site.scope.path, (hooks, x) =>
        hooks.afterCrossAttention?.(x, site),
      ),
    skip: (map, site: SkipSite) =>
      inTurn(all, map, 'skip', site.scope.path, (hooks, x) => hooks.skip?.(x, site)),
    mid: (map, site) => inTurn(all, map, 'mid', site.scope.path, (hooks, x) => hooks.mid?.(x, site)),
    beforeConcat: (maps, site) => all.reduce((joined, owned) => beforeConcat(owned, joined, site), maps),
    attention: (call, site, next) => processed(all, call, site, next),
  };
}

function inTurn(
  all: readonly OwnedHooks[],
  start: Value,
  hook: keyof UNetHooks,
  place: string,
  act: (hooks: UNetHooks, x: Value) => Value | undefined,
): Value {
  return all.reduce((x, { owner, hooks }) => {
    if (!hooks[hook]) return x;
    const given = asPlugin(owner, () => act(hooks, x));
    return keptShape(given, x, `plugin ${owner}: ${hook} at ${place}`);
  }, start);
}

/** What a hook gave; throws where it gave nothing, or changed the shape. */
function keptShape(given: Value | undefined, wanted: Value, what: string): Value {
  if (given === undefined) throw new Error(`${what}: gave nothing; return the value, changed or not`);
  requireValue(given, what);
  if (sameShape(given.shape, wanted.shape)) return given;
  throw new Error(`${what}: gave ${describe(given)}; it must keep the shape [${wanted.shape.join(', ')}]`);
}

/** Throws at a number, a tensor, a promise or what else is no value of a graph. */
function requireValue(given: unknown, what: string): void {
  if (!isValue(given))
    throw new Error(`${what}: gave ${showValue(given)}; it must give a value of the graph`);
}

function beforeConcat({ owner, hooks }: OwnedHooks, maps: JoinedMaps, site: Site): JoinedMaps {
  if (!hooks.beforeConcat) return maps;
  const next: Partial<JoinedMaps> | undefined = asPlugin(owner, () => hooks.beforeConcat!(maps, site));
  const kept = (name: keyof JoinedMaps): Value =>
    keptShape(next?.[name], maps[name], `plugin ${owner}: beforeConcat at ${site.scope.path}, ${name}`);
  return { backbone: kept('backbone'), skip: kept('skip') };
}

function processed(
  all: readonly OwnedHooks[],
  call: AttentionCall,
  site: AttentionSite,
  last: (call: AttentionCall) => Value,
): Value {
  const [first, ...rest] = all.filter(({ hooks }) => hooks.attention);
  if (!first) return last(call);
  let called = false;
  const what = `plugin ${first.owner}: attention at ${site.scope.path}`;
  const next = (given: AttentionCall): Value => {
    if (!given) throw new Error(`${what}: called next without the call; write next(call)`);
    called = true;
    return processed(rest, given, site, last);
  };
  const out: Value | undefined = asPlugin(first.owner, () => first.hooks.attention!(call, site, next));
  if (!called && rest.length > 0) {
    throw new Error(
      `plugins ${first.owner} and ${rest[0]!.owner}: both process the attention at ${site.scope.path}, and ` +
        `${first.owner} replaces it without calling next; use one of them, or give ${first.owner} last`,
    );
  }
  const { q, v } = call;
  const shape = [...q.shape.slice(0, -1), v.shape.at(-1)!];
  if (out) requireValue(out, what);
  if (out && sameShape(out.shape, shape)) return out;
  throw new Error(`${what} gave ${out ? describe(out) : 'nothing'}; it must give [${shape.join(', ')}]`);
}
