// What the model's plugins offer to set: how firmly objects are held to their boxes, and by how much a detector guides.

import type { LayoutFields, NumberSetting, PluginDefinition } from '@spatiallock/core';
import { modelPlugins } from '@spatiallock/model-emoji/modules';

type Controlled = NumberSetting & Required<Pick<NumberSetting, 'control'>>;

/** A setting that the page shows, and whose it is. */
export interface PluginControl {
  /** The plugin's name; options of a call are given by it. */
  readonly plugin: string;
  /** What people call the plugin. */
  readonly title: string;
  readonly setting: Controlled;
}

const isControlled = (setting: NonNullable<PluginDefinition['settings']>[number]): setting is Controlled =>
  setting.kind === 'number' && setting.control !== undefined;

function controlOf(fits: (plugin: PluginDefinition) => boolean, what: string): PluginControl {
  const plugin = modelPlugins.find(fits);
  const setting = plugin?.settings?.find(isControlled);
  if (!plugin || !setting) throw new Error(`the model's plugins offer no ${what}`);
  return { plugin: plugin.name, title: plugin.title ?? plugin.name, setting };
}

const ablationOf = ({ settings = [] }: PluginDefinition) => settings.find(({ use }) => use === 'ablation');

/** Of the plugin that holds objects: the one that can be switched off to see what it is worth. */
export const holding = controlOf((plugin) => ablationOf(plugin) !== undefined, 'plugin that holds objects');

/** The option of a call that switches it off. */
export const ABLATION = ablationOf(modelPlugins.find(({ name }) => name === holding.plugin)!)!.option;

/** Of the plugin that guides: off unless it is asked for. */
export const guiding = controlOf(
  ({ settings = [] }) => settings.some((setting) => isControlled(setting) && setting.standard === 0),
  'plugin that guides',
);

/** The parsers of plugins' own fields in a layout. */
export const layoutFields: readonly LayoutFields[] = modelPlugins.flatMap(
  (plugin) => plugin.layoutFields ?? [],
);

/** Settings of a call that have no control here, by their names in records. */
export const uncontrolled: readonly string[] = modelPlugins.flatMap(({ settings = [] }) =>
  settings.filter((setting) => setting.use === undefined && !isControlled(setting)).map(({ name }) => name),
);

/** The plugins as the page names them, with their folders in the repository. */
export const pluginTitles = modelPlugins.map(({ name, title = name, fullTitle = title }) => ({
  ...{ name, title, fullTitle },
}));
