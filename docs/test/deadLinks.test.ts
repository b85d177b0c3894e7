import { describe, expect, it } from 'vitest';
import { deadLinks } from '../build/deadLinks.js';

const files = new Set(['index.html', 'guides/boxes.html', 'api/index.html', 'picture.png']);
const pages = (html: string) => [
  { path: 'guides/boxes.html', html: '<h2 id="seeds">' },
  { path: 'index.html', html },
];

describe('links of the built site', () => {
  it.each([
    '<a href="/guides/boxes.html#seeds">',
    '<a href="guides/boxes">',
    '<a href="/api/">',
    '<a href="/">',
    '<img src="/picture.png?v=1">',
    '<a href="https://example.org/none">',
    '<h1 id="top"><a href="#top">',
  ])('%s leads somewhere', (html) => {
    expect(deadLinks(pages(html), files)).toEqual([]);
  });

  it.each([
    ['<a href="/guides/none.html">', 'index.html: /guides/none.html leads to no file of the site'],
    ['<img src="./none.png">', 'index.html: ./none.png leads to no file of the site'],
    [
      '<a href="/guides/boxes.html#none">',
      'index.html: /guides/boxes.html#none names an anchor that guides/boxes.html does not have',
    ],
    ['<a href="#none">', 'index.html: #none names an anchor that index.html does not have'],
  ])('%s is reported', (html, fault) => {
    expect(deadLinks(pages(html), files)).toEqual([fault]);
  });

  it('lie below the base of the site', () => {
    expect(deadLinks(pages('<a href="/name/guides/boxes.html">'), files, '/name/')).toEqual([]);
    expect(deadLinks(pages('<a href="/guides/boxes.html">'), files, '/name/')).toEqual([
      'index.html: /guides/boxes.html lies outside of /name/',
    ]);
  });
});
