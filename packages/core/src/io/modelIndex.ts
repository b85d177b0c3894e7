// model_index.json: which components a model directory has.

import { isJsonObject, type JsonObject } from './text.js';

/** A component's Python library and class, as in `"unet": ["diffusers", "UNet2DConditionModel"]`. */
export interface ComponentClass {
  readonly library: string;
  readonly className: string;
}

/** A parsed model_index.json: the pipeline's class, its components and its settings. */
export interface ModelIndex {
  /** The pipeline's class, for instance StableDiffusionPipeline. */
  readonly className: string;
  /** Components by folder name; those that are null in the file are left out. */
  readonly components: Readonly<Record<string, ComponentClass>>;
  /** All other fields, such as _diffusers_version. */
  readonly settings: JsonObject;
}

/** Checks a parsed model_index.json; throws an error that names the field at fault. */
export function parseModelIndex(json: JsonObject): ModelIndex {
  const { _class_name: pipeline, ...fields } = json;
  // Pipelines of somebody else's code are a pair, like components.
  const className = Array.isArray(pipeline) && pipeline.length === 2 ? pipeline[1] : pipeline;
  if (typeof className !== 'string' || className === '') {
    throw new Error('model_index.json: _class_name must be the name of a pipeline');
  }
  const components: [string, ComponentClass][] = [];
  const settings: [string, unknown][] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (!Array.isArray(value)) {
      settings.push([name, value]);
    } else if (value.length !== 2) {
      throw new Error(`model_index.json: ${name} must be a pair of library and class`);
    } else {
      const [library, component]: unknown[] = value;
      if (typeof library === 'string' && typeof component === 'string') {
        components.push([checkFolder(name), { library, className: component }]);
      } else if (library !== null || component !== null) {
        throw new Error(`model_index.json: ${name} must be a pair of library and class`);
      }
    }
  }
  return { className, components: Object.fromEntries(components), settings: Object.fromEntries(settings) };
}

/** The JSON object that `parseModelIndex` reads back. */
export function formatModelIndex(index: ModelIndex): JsonObject {
  const components = Object.entries(index.components).map(
    ([name, { library, className }]) => [checkFolder(name), [library, className]] as const,
  );
  return { _class_name: index.className, ...index.settings, ...Object.fromEntries(components) };
}

// The names come from a file that somebody else wrote and become paths.
function checkFolder(name: string): string {
  if (!/^\w[\w.-]*$/.test(name)) throw new Error(`model_index.json: ${name} cannot be the name of a folder`);
  return name;
}

/** The weight maps of a sharded checkpoint: tensor name to file name. */
export function parseWeightMap(json: JsonObject, path: string): Readonly<Record<string, string>> {
  const { weight_map: map } = json;
  if (!isJsonObject(map)) throw new Error(`${path}: weight_map must be an object`);
  const files = Object.entries(map).map(([tensor, file]) => {
    if (typeof file !== 'string' || !/^\w[\w.-]*$/.test(file)) {
      throw new Error(`${path}: weight_map.${tensor} must be the name of a file beside it`);
    }
    return [tensor, file] as const;
  });
  if (files.length === 0) throw new Error(`${path}: weight_map is empty`);
  return Object.fromEntries(files);
}
