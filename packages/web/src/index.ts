export { clearDownloads, type DownloadOptions, downloaded } from './download/download.js';
export { modelAddress, type RemoteOptions, remoteSource } from './download/remoteSource.js';
export type { Fetch } from './download/request.js';
export { type DownloadStore, opfsStore, type StoreFile } from './download/store.js';
export { blobFile, type OpenBlob } from './files/blobFile.js';
export {
  filesOfField,
  filesOfFolder,
  type ListedFiles,
  type PickedFile,
  pickedSource,
} from './files/pickedFiles.js';
export { type Placing, placingModules, placingOf } from './modules.js';
export {
  type ModelGiven,
  type OpenedModel,
  type OpenModelOptions,
  openModel,
} from './openModel.js';
