// Settings of plugins as flags of a command, and as fields of its records.

import type { PluginSetting } from '@spatiallock/core';
import type { ArgsDef } from 'citty';
import { InputError } from '../errors.js';
import { choice, type Flags, number } from '../flags.js';
import type { KnownPlugin, KnownPlugins } from './known.js';

export type SettingUse = NonNullable<PluginSetting['use']>;
export type SettingValue = number | boolean | string;

/** Options by plugin: of a call, or of the making of a plugin that trains; null: the plugin takes no part. */
export type PluginSettings = Readonly<Record<string, Readonly<Record<string, unknown>> | null>>;

/** `fadeOut` to `fade-out`. */
export const flagOf = ({ name }: Pick<PluginSetting, 'name'>): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const settingsOf = ({ definition }: KnownPlugin, uses: readonly SettingUse[]): readonly PluginSetting[] =>
  (definition.settings ?? []).filter(({ use = 'call' }) => uses.includes(use));

/** A command's flags with those that its plugins offer, and that make plugins. Throws an InputError where one is there already. */
export function withSettings(
  args: ArgsDef,
  { plugins, flags }: KnownPlugins,
  uses: readonly SettingUse[],
): ArgsDef {
  // What a command paints with; what is trained or written is another matter.
  const offered = uses.includes('call') ? flags : [];
  const making = offered.map(
    ({ name, valueHint, help }) => [name, { type: 'string', valueHint, description: help }] as const,
  );
  const all: ArgsDef = { ...args, ...Object.fromEntries(making) };
  for (const plugin of plugins) {
    for (const setting of settingsOf(plugin, uses)) {
      const flag = flagOf(setting);
      if (Object.hasOwn(all, flag)) {
        throw new InputError(
          `--plugin: ${plugin.declared.module} offers --${flag}, which the command or another plugin has already`,
        );
      }
      all[flag] = argOf(setting);
    }
  }
  return all;
}

/** The flags that a command's plugins offer. */
export const settingFlags = ({ plugins }: KnownPlugins, uses: readonly SettingUse[]): string[] =>
  plugins.flatMap((plugin) => settingsOf(plugin, uses).map(flagOf));

function argOf(setting: PluginSetting): ArgsDef[string] {
  const { help: description } = setting;
  if (setting.kind === 'switch') return { type: 'boolean', description };
  const valueHint = setting.kind === 'choice' ? setting.choices.join('|') : (setting.hint ?? 'n');
  return { type: 'string', valueHint, description };
}

/** What the flags say of plugins' settings. Throws an InputError that names the flag at fault. */
export function readSettings(
  flags: Flags,
  { plugins }: KnownPlugins,
  uses: readonly SettingUse[],
): PluginSettings {
  const given: Record<string, Record<string, SettingValue>> = {};
  for (const plugin of plugins) {
    const { name } = plugin.definition;
    for (const setting of settingsOf(plugin, uses)) {
      const value = valueIn(flags, setting);
      if (value !== undefined) given[name] = { ...given[name], [setting.option]: value };
    }
  }
  return given;
}

function valueIn(flags: Flags, setting: PluginSetting): SettingValue | undefined {
  const flag = flagOf(setting);
  if (setting.kind === 'switch') return flags.has(flag) ? true : undefined;
  return setting.kind === 'choice' ? choice(flags, flag, setting.choices) : number(flags, flag, setting);
}

/** The settings of a run by their names, as records and reports have them: those given, and those that always count. */
export function recordedSettings(
  { plugins }: KnownPlugins,
  settings: PluginSettings,
  uses: readonly SettingUse[],
): Readonly<Record<string, SettingValue>> {
  const entries = plugins.flatMap((plugin) =>
    settingsOf(plugin, uses).flatMap((setting) => {
      const value = settings[plugin.definition.name]?.[setting.option] ?? standardOf(setting);
      return value === undefined ? [] : [[setting.name, value as SettingValue] as const];
    }),
  );
  return Object.fromEntries(entries);
}

function standardOf(setting: PluginSetting): SettingValue | undefined {
  if (setting.kind === 'switch') return false;
  return setting.kind === 'number' ? setting.standard : undefined;
}

/** The flags by which settings of a plugin were given, as people write them. */
export const givenFlags = ({ definition }: KnownPlugin, given: Readonly<Record<string, unknown>>): string =>
  (definition.settings ?? [])
    .filter(({ option, use }) => use !== 'training' && given[option] !== undefined)
    .map((setting) => `--${flagOf(setting)}`)
    .join(', ');

/** Puts the flag in place of the setting that a plugin's error begins with. */
export function flagNamed(message: string, { definition }: KnownPlugin): string {
  const setting = definition.settings?.find(({ name }) => message.startsWith(`${name}: `));
  return setting ? `--${flagOf(setting)}${message.slice(setting.name.length)}` : message;
}
