export { sampleWithDetails } from './paintDetails.js';
export { checkDetails, type Details } from './settings.js';
