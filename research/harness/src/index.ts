export { type CommandContext, RESUMES, type RepositoryCommand, runCommand } from './command.js';
export { copiesOf } from './copiesOf.js';
export { copyPictures, type PictureCopies } from './copyPictures.js';
export { figuresTable } from './figuresTable.js';
export { type LatentRing, latentRing, std } from './latentRing.js';
export { psnr } from './psnr.js';
export { type RunSettings, requireSameSettings } from './sameSettings.js';
export { type SampledStatesOptions, sampledStates } from './sampledStates.js';
export { seedRanges } from './seeds.js';
export { standaloneSvg } from './standaloneSvg.js';
export {
  type GuidingSupervisor,
  openSupervisor,
  type PogPaths,
  type SupervisorOptions,
} from './supervisor.js';
