export { cosine } from './cosine.js';
export { fixtureModel, type Overlay } from './fixtureModel.js';
export { fixtureModelFolder, modelFiles, temporaryFolder } from './folders.js';
export { quantizedFile } from './quantizedFile.js';
export { smallUNet } from './smallUNet.js';
export { smallUNetFiles } from './smallUNetFiles.js';
