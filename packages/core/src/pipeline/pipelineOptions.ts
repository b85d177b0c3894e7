// What a pipeline is made with.

import { checkCallback, checkKeys, showValue } from '../checks/index.js';
import { type Backend, checkBackend } from '../graph/backend.js';
import { checkPlugins } from '../plugin/checkPlugins.js';
import type { Plugin } from '../plugin/plugin.js';
import type { OnProgress } from './progress.js';

/** What a pipeline is made with. */
export interface PipelineOptions {
  readonly backend: Backend;
  readonly plugins?: readonly Plugin[];
  /** Called with what is read and compiled, also later when a new size of batch is first used. */
  readonly onProgress?: OnProgress;
  /** The pipeline's name where the model gives none; default "model". */
  readonly name?: string;
}

const OPTIONS = ['backend', 'plugins', 'onProgress', 'name'];
/** Throws an error that names the option which is not known or cannot be used. `also` are the caller's own. */
export function checkPipelineOptions(given: unknown, also: readonly string[] = []): void {
  const { backend, plugins = [], onProgress, name } = checkKeys(given, [...OPTIONS, ...also], 'options');
  checkBackend(backend, 'options.backend');
  checkPlugins(plugins, 'options.plugins');
  checkCallback(onProgress, 'options.onProgress');
  if (name !== undefined && typeof name !== 'string') {
    throw new Error(`options.name: must be text, not ${showValue(name)}`);
  }
}
