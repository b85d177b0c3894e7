import { expect, it } from 'vitest';
import { besidePath, numberedPath } from '../src/files.js';

it('names of several pictures and of what stands beside them', () => {
  expect(numberedPath('/x.y/a.png', 0, 1)).toBe('/x.y/a.png');
  expect(numberedPath('/x.y/a.png', 1, 3)).toBe('/x.y/a-2.png');
  expect(besidePath('/x.y/a.b.PNG', '.json')).toBe('/x.y/a.b.json');
});
