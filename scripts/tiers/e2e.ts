import { tierConfig } from './tiers.js';

export default tierConfig('e2e');
