import { page } from '../state/view.js';
import { DetectorPage } from './DetectorPage.js';
import { Header } from './Header.js';
import { Notices } from './Notices.js';
import { Studio } from './Studio.js';

export function App() {
  return (
    <>
      <a class="skip-link" href="#main-start">
        Skip to the content
      </a>
      <Header />
      <div id="main-start" tabIndex={-1}>
        {page.value === 'studio' ? <Studio /> : <DetectorPage />}
      </div>
      <footer class="site-footer">
        <p>Everything is computed in this tab. No picture and no word leaves it.</p>
      </footer>
      <Notices />
    </>
  );
}
