import { tierConfig } from './tiers.js';

export default tierConfig('browser');
