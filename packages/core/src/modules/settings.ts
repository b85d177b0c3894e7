// The settings that plugins offer: checked when a module is read.

import { checkKeys, showValue } from '../checks/index.js';
import type { PluginSetting } from '../plugin/definition.js';

const SHARED = ['name', 'option', 'help', 'use', 'kind'];
const FIELDS: Readonly<Record<PluginSetting['kind'], readonly string[]>> = {
  number: [...SHARED, 'min', 'max', 'standard', 'hint', 'control'],
  switch: SHARED,
  choice: [...SHARED, 'choices'],
};
const USES = ['call', 'ablation', 'training'];

const isWord = (value: unknown): value is string => typeof value === 'string' && /^[a-z]\w*$/i.test(value);

/** Throws an error that names the plugin and the field at fault. */
export function checkSettings(given: unknown = [], title: string): asserts given is readonly PluginSetting[] {
  if (!Array.isArray(given)) throw new Error(`${title}: settings must be a list, not ${showValue(given)}`);
  for (const [i, each] of given.entries()) checkSetting(each, `${title}: settings[${i}]`);
  const names = given.map(({ name, use = 'call' }: PluginSetting) => `${name} of ${use}`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`${title}: settings: ${twice} is there twice`);
}

function checkSetting(given: unknown, path: string): void {
  const { kind } = checkKeys(given, [...new Set(Object.values(FIELDS).flat())], path);
  const fields =
    typeof kind === 'string' && Object.hasOwn(FIELDS, kind) ? FIELDS[kind as 'number'] : undefined;
  if (!fields) {
    throw new Error(`${path}.kind: must be one of ${Object.keys(FIELDS).join(', ')}, not ${showValue(kind)}`);
  }
  const { name, option, help, use = 'call', ...own } = checkKeys(given, fields, path);
  for (const [field, value] of Object.entries({ name, option })) {
    if (!isWord(value))
      throw new Error(`${path}.${field}: must be a name in camel case, not ${showValue(value)}`);
  }
  if (typeof help !== 'string') throw new Error(`${path}.help: must be text, not ${showValue(help)}`);
  if (!USES.some((known) => known === use)) {
    throw new Error(`${path}.use: must be one of ${USES.join(', ')}, not ${showValue(use)}`);
  }
  if (kind === 'number') checkRange(own, path);
  if (
    kind === 'choice' &&
    !(Array.isArray(own.choices) && own.choices.length > 0 && own.choices.every(isWord))
  ) {
    throw new Error(`${path}.choices: must be a list of words, not ${showValue(own.choices)}`);
  }
}

function checkRange({ min, max, standard = min }: Readonly<Record<string, unknown>>, path: string): void {
  const numbers = { min, max, standard };
  const stray = Object.entries(numbers).find(
    ([, value]) => typeof value !== 'number' || !Number.isFinite(value),
  );
  if (stray) throw new Error(`${path}.${stray[0]}: must be a number, not ${showValue(stray[1])}`);
  if (Number(min) >= Number(max)) throw new Error(`${path}.max: must be above min (${Number(min)})`);
  if (Number(standard) < Number(min) || Number(standard) > Number(max)) {
    throw new Error(
      `${path}.standard: must lie in ${Number(min)}..${Number(max)}, not ${showValue(standard)}`,
    );
  }
}
