import { mergeConfig } from 'vitest/config';
import { tierConfig } from './tiers.js';

// Files share what they import, which is most of the time that they take.
export default mergeConfig(tierConfig('unit'), { test: { isolate: false } });
