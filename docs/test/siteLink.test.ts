import { expect, it } from 'vitest';
import { type SiteLinkContext, siteLink } from '../build/siteLink.js';

const served = ['docs/plugins.md', 'docs/guides/boxes.md', 'docs/ablation/ablation.html'];
const files = [...served, 'packages/pog/README.md', 'docs/ablation/ablation.md'];
const context: SiteLinkContext = {
  page: 'docs/guides/plugin.md',
  repositoryPage: 'https://example.org/owner/name',
  isServed: (path) => served.includes(path),
  exists: (path) => files.includes(path),
};

it.each([
  ['../plugins.md#in-training', '/plugins.md#in-training'],
  ['boxes.md', '/guides/boxes.md'],
  ['../ablation/ablation.html', '/ablation/ablation.html'],
  [
    '../../packages/pog/README.md#guidance',
    'https://example.org/owner/name/blob/main/packages/pog/README.md#guidance',
  ],
  ['https://example.org/owner/name/blob/main/docs/plugins.md', '/plugins.md'],
  ['https://example.org/elsewhere', 'https://example.org/elsewhere'],
  ['#weights', '#weights'],
  ['mailto:a@example.org', 'mailto:a@example.org'],
])('%s becomes %s', (href, expected) => {
  expect(siteLink(href, context)).toBe(expected);
});

it.each([
  '../missing.md',
  '../../packages/none/README.md',
  'https://example.org/owner/name/blob/main/none.md',
])('refuses %s, naming the page', (href) => {
  expect(() => siteLink(href, context)).toThrow(/^docs\/guides\/plugin\.md: the link .* does not exist$/);
});
