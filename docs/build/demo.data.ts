// Whether the demo was built before the site; read by docs/demo.md.

import { existsSync } from 'node:fs';
import { demoFolder } from './repository.js';

export interface DemoData {
  readonly built: boolean;
}

export declare const data: DemoData;

export default {
  load: (): DemoData => ({ built: existsSync(`${demoFolder}/index.html`) }),
};
