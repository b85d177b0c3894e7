export { type SceneFigures, sceneFigures } from './evaluate.js';
export { augmentAll } from './pictures.js';
export { QUERY_SEED, queryRun } from './queryStage.js';
export { centerRun, centerStage, centerTraining, judgeScenes } from './stage.js';
export { judgeDirectory } from './weights.js';
