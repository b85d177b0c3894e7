// Where the embedded model lies, and layouts that show what it can do.

import { pathOfUrl } from './directory.js';

export { type ExampleLayout, exampleLayouts } from './exampleLayouts.js';

/** The embedded model, in diffusers' layout: the path of its folder. In a page use `@spatiallock/model-emoji/web`. */
export const modelDirectory: string = pathOfUrl(new URL('../model', import.meta.url));
