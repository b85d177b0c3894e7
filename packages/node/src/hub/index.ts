export { type HubFile, hubFileOf, idOfFolder, isHubId, snapshotIn } from './cache.js';
export { type HubSettings, hubSettings } from './settings.js';
export { type DownloadProgress, type HubOptions, hubFile, hubSnapshot } from './snapshot.js';
