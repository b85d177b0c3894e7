import { tierConfig } from './tiers.js';

export default tierConfig('unit');
