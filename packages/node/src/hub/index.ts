export { idOfFolder, isHubId, snapshotIn } from './cache.js';
export { type HubSettings, hubSettings } from './settings.js';
export { type DownloadProgress, type HubOptions, hubSnapshot } from './snapshot.js';
