// A plugin as a module offers it: settings that people may give, and how it is made for a model.

import type { GuidingDetector } from '../detector/definition.js';
import type { Backend } from '../graph/backend.js';
import type { FileSource } from '../io/files.js';
import type { RgbImage } from '../pipeline/image.js';
import type { Layout } from '../pipeline/layout.js';
import type { LayoutFields } from './layoutFields.js';
import type { PLUGIN_VERSION, Plugin } from './plugin.js';

interface SettingOf {
  /** In camel case, unique among the plugins in use: records name it so; commands make it a flag, `fadeOut` `--fade-out`. */
  readonly name: string;
  /** The option that it sets: of a call, see `Plugin.parseOptions`; where `use` is `training`, of `PluginDefinition.create`. */
  readonly option: string;
  /** One line for people. */
  readonly help: string;
  /**
   * `call`: of each picture, the default. `ablation`: switches something off to measure what it is worth, which only commands
   * that measure offer. `training`: what is trained.
   */
  readonly use?: 'call' | 'ablation' | 'training';
}

/** A setting that is a number. */
export interface NumberSetting extends SettingOf {
  readonly kind: 'number';
  readonly min: number;
  readonly max: number;
  /** What holds where nothing is given; it stands in every record then. */
  readonly standard?: number;
  /** What stands for the value in help: `strength`. Default `n`. */
  readonly hint?: string;
  /** How a page shows it: a title, and a slider whose range may be narrower. */
  readonly control?: {
    readonly title: string;
    readonly min: number;
    readonly max: number;
    readonly step: number;
  };
}

/** A setting that is on or off. */
export interface SwitchSetting extends SettingOf {
  readonly kind: 'switch';
}

/** A setting that is one of some words. */
export interface ChoiceSetting extends SettingOf {
  readonly kind: 'choice';
  readonly choices: readonly string[];
}

/** A value that people set, as a flag of a command or a control of a page. */
export type PluginSetting = NumberSetting | SwitchSetting | ChoiceSetting;

/** A flag of commands that makes the plugin by itself: people need not spell its module and its options. */
export interface PluginFlag {
  /** In lower case, `style` for `--style`. It may be given several times. */
  readonly name: string;
  /** What stands for a value in help: `file:scale`. */
  readonly valueHint: string;
  /** One line for people. */
  readonly help: string;
  /** The options of `PluginDefinition.create` for all values, in their order. Throws an error that names the value at fault. */
  options(values: readonly string[]): Readonly<Record<string, unknown>>;
}

/** Files of the person who names a plugin, by the paths that they give. */
export interface UserFiles extends FileSource {
  /** A picture in 8 bits, RGB, at its own size. Rejects with an error that names the path. */
  readImage(path: string): Promise<RgbImage>;
}

/** What a plugin is made with. */
export interface PluginContext {
  /** The model directory. */
  readonly files: FileSource;
  readonly backend: Backend;
  /** The folder of the model, or of a package, that the declaration names for the plugin. */
  readonly folder?: FileSource;
  /**
   * What options and layouts name by path. Absent where a model declares the plugin: a model names no files outside of its
   * directory.
   */
  readonly userFiles?: UserFiles;
  /** Opens the detector that guides, as the model declares it. Rejects where it declares none. */
  guide(): Promise<GuidingDetector>;
}

/** What a plugin settles before anything is painted. */
export interface SettleRequest {
  /** Options of the call that were given, by the settings' `option`. */
  readonly given: Readonly<Record<string, unknown>>;
  /** Options with which the model, or the person who names the plugin, declares it; undefined where nobody does. */
  readonly declared?: Readonly<Record<string, unknown>>;
  /** All that will be painted. */
  readonly layouts: readonly Layout[];
  /** Whether a setting for ablations is on. */
  readonly ablated: boolean;
  /** Whether the detector that guides knows what a phrase names; undefined where that is not known. */
  readonly guideKnows?: (phrase: string) => boolean;
}

/** What a module that offers a plugin exports as `plugin`, or as its default. */
export interface PluginDefinition {
  /** The name of the plugin that `create` makes. */
  readonly name: string;
  readonly pluginVersion: typeof PLUGIN_VERSION;
  /** What people call it, in short and in full. */
  readonly title?: string;
  readonly fullTitle?: string;
  readonly settings?: readonly PluginSetting[];
  readonly flag?: PluginFlag;
  /** As the plugin's own: layouts are read before a model is. */
  readonly layoutFields?: LayoutFields;
  /**
   * The options of a call for what will be painted, or undefined where the plugin has no part in it and need not be made.
   * Throws an error that begins with the name of the setting at fault. Default: what was given.
   */
  settle?(request: SettleRequest): Readonly<Record<string, unknown>> | undefined;
  /** Makes the plugin with the options of its declaration. Throws an error that names the option at fault. */
  create(options: Readonly<Record<string, unknown>>, context: PluginContext): Promise<Plugin> | Plugin;
}
