import { page, type Theme, theme } from '../state/view.js';
import { IconButton } from './controls.js';
import type { IconName } from './icons.js';

const nextTheme: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' };
const themeIcons: Readonly<Record<Theme, IconName>> = { auto: 'auto', light: 'sun', dark: 'moon' };

const pages = [
  { id: 'studio', address: '#studio', title: 'Studio' },
  { id: 'detector', address: '#detector', title: 'Your detector' },
] as const;

export function Header() {
  return (
    <header class="site-header">
      <a class="wordmark" href="#studio">
        <img src="./icon.svg" alt="" width="28" height="28" />
        SpatialLock
      </a>
      <nav aria-label="Pages">
        {pages.map(({ id, address, title }) => (
          <a key={id} href={address} aria-current={page.value === id ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <IconButton
        icon={themeIcons[theme.value]}
        label={`Colours: ${theme.value}; change to ${nextTheme[theme.value]}`}
        onClick={() => {
          theme.value = nextTheme[theme.value];
        }}
      />
    </header>
  );
}
