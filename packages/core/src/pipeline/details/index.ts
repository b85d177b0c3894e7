export { sampleWithDetails } from './paintDetails.js';
export { checkDetails, type Details, type DetailsPlan, planDetails } from './settings.js';
