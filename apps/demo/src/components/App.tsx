import { page } from '../state/view.js';
import { About } from './About.js';
import { DetectorPage } from './DetectorPage.js';
import { Guarded } from './Guarded.js';
import { Header } from './Header.js';
import { Notices } from './Notices.js';
import { Studio } from './Studio.js';

export function App() {
  return (
    <>
      <button type="button" class="skip-link" onClick={() => document.getElementById('main-start')?.focus()}>
        Skip to the content
      </button>
      <Header />
      <div id="main-start" tabIndex={-1}>
        <Guarded key={page.value}>{page.value === 'studio' ? <Studio /> : <DetectorPage />}</Guarded>
      </div>
      <About />
      <Notices />
    </>
  );
}
