/** Names of the graph inputs that PoI is fed by. */
export const poiInputs = {
  boxes: 'poi.boxes',
  masks: 'poi.masks',
  embeddings: 'poi.embeddings',
  strength: 'poi.strength',
} as const;
