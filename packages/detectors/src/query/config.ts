// What a `query` detector is made of: the fields of its config.json.

import { configReader, MOST_LAYERS } from '@spatiallock/core/models';

/** The config.json of a `query` detector. */
export interface QueryConfig {
  readonly _class_name: 'QueryDetector';
  /** What it tells apart; one more class stands for "no object". */
  readonly labels: readonly string[];
  /** Pixels per side of the pictures that it sees, a multiple of 16. */
  readonly image_size: number;
  /** Channels at strides 2, 4, 8 and 16, all but the first multiples of `norm_groups`; the last is the width of tokens. */
  readonly channels: readonly number[];
  /** Residual blocks at strides 4, 8 and 16. */
  readonly blocks: readonly number[];
  readonly norm_groups: number;
  /** Layers of self-attention among the tokens of stride 16. */
  readonly encoder_layers: number;
  /** Layers in which queries look at the picture; each predicts anew. */
  readonly decoder_layers: number;
  /** A query looks at places x places points of its box, one head for each; its square divides the width. */
  readonly places: number;
}

/** Pixels between neighbouring queries. */
export const QUERY_STRIDE = 16;

/** The config of the embedded `query` detector, without its labels. */
export const defaultQueryConfig: Omit<QueryConfig, 'labels'> = {
  _class_name: 'QueryDetector',
  image_size: 128,
  channels: [32, 48, 80, 144],
  blocks: [1, 1, 2],
  norm_groups: 8,
  encoder_layers: 1,
  decoder_layers: 2,
  places: 3,
};

/** Reads a parsed config.json; throws an error that names the field and how to fix it. */
export function parseQueryConfig(json: unknown): QueryConfig {
  const defaults = defaultQueryConfig;
  const read = configReader(json, defaults._class_name);
  const config: QueryConfig = {
    _class_name: defaults._class_name,
    labels: read.strings('labels', []),
    image_size: read.integer('image_size', defaults.image_size, QUERY_STRIDE, 4096),
    channels: read.integers('channels', defaults.channels),
    blocks: read.integers('blocks', defaults.blocks, MOST_LAYERS),
    norm_groups: read.integer('norm_groups', defaults.norm_groups),
    encoder_layers: read.integer('encoder_layers', defaults.encoder_layers, 0, MOST_LAYERS),
    decoder_layers: read.integer('decoder_layers', defaults.decoder_layers, 0, MOST_LAYERS),
    places: read.integer('places', defaults.places, 1, 4096),
  };
  const { labels, image_size: side, channels, blocks, norm_groups: groups, places } = config;
  if (new Set(labels).size !== labels.length) read.fail('labels', 'must not repeat a label');
  if (side % QUERY_STRIDE !== 0) read.fail('image_size', `${side} must be a multiple of ${QUERY_STRIDE}`);
  if (channels.length !== 4) read.fail('channels', `has ${channels.length} entries, needs 4`);
  if (blocks.length !== 3) read.fail('blocks', `has ${blocks.length} entries, needs 3`);
  const uneven = channels.slice(1).find((width) => width % groups !== 0);
  if (uneven !== undefined) read.fail('norm_groups', `${groups} must divide ${uneven} channels`);
  const width = channels[3];
  if (width % (2 * places * places) !== 0) {
    read.fail('places', `2 x ${places} x ${places} must divide the width of tokens, ${width}`);
  }
  if (width % 4 !== 0) read.fail('channels', `the last, ${width}, must be a multiple of 4`);
  return config;
}

/** Queries for one picture. */
export const queryCount = (config: QueryConfig): number => (config.image_size / QUERY_STRIDE) ** 2;

/** Predictions that learn: the queries' own, and one after each decoder layer. */
export const predictionCount = (config: QueryConfig): number => config.decoder_layers + 1;
