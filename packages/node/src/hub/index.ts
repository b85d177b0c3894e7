export { type HubFile, hubFileOf, idOfFolder, isHubId, snapshotIn } from './cache.js';
export type { DownloadProgress, HubOptions } from './options.js';
export { type HubSettings, hubSettings } from './settings.js';
export { hubFile, hubSnapshot } from './snapshot.js';
