// The fields by which records and PNG files say how a picture was made: what writes them and what opens them share the names.

/** Names of the fields beside those of a layout, of plugins' layouts and of plugins' settings. */
export const recordFields = {
  /** Settings that decide the picture. */
  settings: [
    ...['seed', 'scheduler', 'steps', 'guidanceScale', 'guidanceInterval', 'guidanceRescale'],
    ...['generator', 'deepCache', 'details', 'plugins', 'precision', 'promptWeighting', 'clipSkip'],
    ...['image', 'mask', 'keep', 'imageStrength'],
  ],
  /** What the model is beside its base: what was laid over it, and how its files were read. */
  model: [
    ...['adapter', 'vae', 'grounding', 'embeddings'],
    ...['tokenizer', 'config', 'prediction', 'revision', 'variant'],
  ],
  /** What tells of the picture and decides nothing. */
  beside: [
    ...['model', 'modelHash', 'imageHash', 'maskHash', 'pluginFiles', 'device', 'count', 'boxes'],
    ...['picture', 'size', 'milliseconds', 'warnings', 'verification', 'licence', 'source'],
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;
