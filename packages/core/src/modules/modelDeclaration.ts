// What a model directory needs, as its spatiallock.json says.

import { checkKeys, checkList, checkObject, checkWhole, showValue } from '../checks/index.js';
import { checkFiles, type FileSource } from '../io/files.js';
import { decodeUtf8, type JsonObject, parseJsonObject } from '../io/text.js';
import { type DeclaredModule, parseDeclaredModule } from './declaredModule.js';

/** The version of the fields below; another one is refused. */
export const DECLARATION_VERSION = 1;

/** The plugins, detectors and words of a model, and its licence. */
export interface ModelDeclaration {
  /** In the order in which they act. */
  readonly plugins: readonly DeclaredModule[];
  readonly detectors: {
    /** By whose loss plugins may guide sampling; never the one that judges. */
    readonly guides?: DeclaredModule;
    /** Which judges the model's pictures. */
    readonly judges?: DeclaredModule;
  };
  /** The file with the list of words that the model knows. Default tokenizer/words.json, where it is there. */
  readonly vocabulary?: string;
  /** An identifier of SPDX, or the licence's name. */
  readonly license?: string;
}

/** The fields of spatiallock.json that `parseModelDeclaration` reads. */
export const DECLARATION_FIELDS = ['version', 'plugins', 'detectors', 'vocabulary', 'license'] as const;

const MOST_PLUGINS = 64;
const FILE = 'spatiallock.json';
const NAME = `${FILE}: `;

/**
 * Reads the declaration among the fields of a spatiallock.json; undefined where there is none, as in directories of other
 * software and in those that were written before version 1. Throws an error that names the field at fault.
 */
export function parseModelDeclaration(json: JsonObject): ModelDeclaration | undefined {
  const { version, plugins, detectors, vocabulary, license } = checkObject(json, FILE);
  if (DECLARATION_FIELDS.every((field) => json[field] === undefined)) return undefined;
  if (version === undefined) {
    throw new Error(
      `${NAME}version: is missing; write "version": ${DECLARATION_VERSION} beside plugins and detectors`,
    );
  }
  if (checkWhole(version, { min: 1, max: 1e9 }, `${NAME}version`) !== DECLARATION_VERSION) {
    throw new Error(
      `${NAME}version: is ${version}, and this version of SpatialLock reads ${DECLARATION_VERSION}; update it`,
    );
  }
  return {
    plugins: parsePlugins(plugins),
    detectors: parseDetectors(detectors),
    ...(vocabulary === undefined ? {} : { vocabulary: parseVocabulary(vocabulary) }),
    ...(license === undefined ? {} : { license: parseLicense(license) }),
  };
}

function parsePlugins(given: unknown = []): readonly DeclaredModule[] {
  if (!Array.isArray(given) || given.length > MOST_PLUGINS) {
    throw new Error(
      `${NAME}plugins: must be a list of at most ${MOST_PLUGINS} of { module }, not ${showValue(given)}`,
    );
  }
  return given.map((each: unknown, i) => parseDeclaredModule(each, `${NAME}plugins[${i}]`));
}

function parseDetectors(given: unknown = {}): ModelDeclaration['detectors'] {
  const { guides, judges } = checkKeys(given, ['guides', 'judges'], `${NAME}detectors`);
  return {
    ...(guides === undefined ? {} : { guides: parseDeclaredModule(guides, `${NAME}detectors.guides`) }),
    ...(judges === undefined ? {} : { judges: parseDeclaredModule(judges, `${NAME}detectors.judges`) }),
  };
}

function parseVocabulary(given: unknown): string {
  const isPath = typeof given === 'string' && /^(?!\.+\/)[\w.-]+(\/(?!\.+\/)[\w.-]+)*\.json$/.test(given);
  if (isPath && given.length <= 200) return given;
  throw new Error(
    `${NAME}vocabulary: must be the path of a list of words in the model directory, such as tokenizer/words.json, not ${showValue(given)}`,
  );
}

function parseLicense(given: unknown): string {
  if (typeof given === 'string' && given.trim() !== '' && given.length <= 200 && !/[\r\n]/.test(given))
    return given;
  throw new Error(`${NAME}license: must be the name of a licence on one line, not ${showValue(given)}`);
}

/** The fields of a spatiallock.json that stand for a declaration, `version` first. */
export function formatModelDeclaration(declaration: ModelDeclaration): JsonObject {
  checkList(checkObject(declaration, 'declaration').plugins, 'declaration.plugins', 'modules');
  checkObject(declaration.detectors, 'declaration.detectors');
  const { plugins, detectors, vocabulary, license } = declaration;
  return {
    version: DECLARATION_VERSION,
    ...(plugins.length > 0 ? { plugins } : {}),
    ...(Object.keys(detectors).length > 0 ? { detectors } : {}),
    ...(vocabulary === undefined ? {} : { vocabulary }),
    ...(license === undefined ? {} : { license }),
  };
}

/** The fields of a model directory's spatiallock.json; undefined where there is none. */
export async function readModelSettings(files: FileSource): Promise<JsonObject | undefined> {
  checkFiles(files);
  const bytes = await files.read(FILE);
  return bytes && parseJsonObject(decodeUtf8(bytes, FILE), FILE);
}

/** What a model directory declares, see `parseModelDeclaration`. Rejects with an error that names the field at fault. */
export async function readModelDeclaration(files: FileSource): Promise<ModelDeclaration | undefined> {
  const settings = await readModelSettings(files);
  return settings && parseModelDeclaration(settings);
}
