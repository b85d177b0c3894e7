import { existsSync, readFileSync } from 'node:fs';
import { posix, relative } from 'node:path';
import { type DefaultTheme, defineConfig } from 'vitepress';
import { pagesFolder, repositoryPage, rootFolder } from '../build/repository.js';
import { siteLink } from '../build/siteLink.js';

/** What experiments write: pages include their tables and link to the rest as it is. */
const written = /^docs\/(ablation|downstream)\//;

const apiSidebar = (): DefaultTheme.SidebarItem[] => {
  const path = `${pagesFolder}/api/sidebar.json`;
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
};

const exists = (path: string): boolean => existsSync(`${rootFolder}/${path}`);

const isServed = (path: string): boolean =>
  /^docs\//.test(path) && written.test(path) !== path.endsWith('.md') && exists(path);

/** As GitHub names anchors, so that links work on the site and in the repository. TypeDoc follows the same rule. */
const githubAnchor = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

export default defineConfig({
  title: 'SpatialLock',
  description: 'Text-to-image diffusion with boxes and phrases, in TypeScript.',
  lang: 'en',
  // Where the site lies on its host: "/" or "/name/".
  base: (process.env.SITE_BASE ?? '/') as `/${string}/`,
  srcExclude: ['ablation/**', 'downstream/**', '**/node_modules/**'],
  // Links are checked in what was built, with their anchors: see build/deadLinks.ts.
  ignoreDeadLinks: true,
  markdown: {
    anchor: { slugify: githubAnchor },
    config(md) {
      md.core.ruler.push('site-links', ({ tokens, env }) => {
        // Texts of the home page's frontmatter come without a page.
        if (env?.path === undefined) return;
        const page = posix.join('docs', relative(pagesFolder, env.path).replaceAll('\\', '/'));
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          const href = token.attrGet('href');
          if (token.type !== 'link_open' || href === null) continue;
          const address = siteLink(href, { page, repositoryPage, isServed, exists });
          token.attrSet('href', address);
          // These are no pages of VitePress, whose router must not take them.
          if (written.test(`docs${address}`)) token.attrSet('target', '_self');
        }
      });
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/start/node' },
      { text: 'Guides', link: '/guides/boxes' },
      { text: 'API', link: '/api/' },
      { text: 'Demo', link: '/demo' },
    ],
    socialLinks: [{ icon: 'github', link: repositoryPage }],
    sidebar: {
      '/api/': [{ text: 'Entry points', items: apiSidebar() }],
      '/': [
        {
          text: 'First picture',
          items: [
            { text: 'Node', link: '/start/node' },
            { text: 'Command line', link: '/start/cli' },
            { text: 'Browser', link: '/start/browser' },
            { text: 'Worker', link: '/start/worker' },
          ],
        },
        {
          text: 'Guides',
          items: [
            { text: 'Boxes', link: '/guides/boxes' },
            { text: 'Painting over pictures', link: '/painting' },
            { text: 'Your own checkpoint', link: '/guides/checkpoints' },
            { text: 'Your own detector', link: '/guides/detector' },
            { text: 'Your own plugin', link: '/guides/plugin' },
            { text: 'Your own backend', link: '/guides/backend' },
            { text: 'Fine-tuning', link: '/guides/fine-tuning' },
            { text: 'New classes', link: '/guides/new-classes' },
            { text: 'Data sets', link: '/guides/data-sets' },
            { text: 'Evaluation', link: '/guides/evaluation' },
            { text: 'Browser and bundlers', link: '/guides/browser' },
            { text: 'Performance', link: '/guides/performance' },
          ],
        },
        {
          text: 'Reference',
          items: [
            { text: 'Architecture', link: '/architecture' },
            { text: 'Plugin specification', link: '/plugins' },
            { text: 'Schedulers and seeds', link: '/schedulers' },
            { text: 'Devices', link: '/devices' },
            { text: 'API', link: '/api/' },
          ],
        },
        {
          text: 'Research',
          items: [
            { text: 'The paper and our choices', link: '/paper' },
            { text: 'Figures and their commands', link: '/figures' },
            { text: 'How the tests are tested', link: '/testing' },
          ],
        },
      ],
    },
  },
});
