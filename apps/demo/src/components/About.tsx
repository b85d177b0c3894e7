import { pluginTitles } from '../state/pluginSettings.js';

declare const __REPOSITORY__: string;

/** What the page is, and where to read more. */
export function About() {
  return (
    <footer class="site-footer">
      <p>
        SpatialLock paints objects where boxes say, by{' '}
        {pluginTitles.map(({ name, title, fullTitle }, i) => (
          <>
            {i > 0 && ' and '}
            <a href={`${__REPOSITORY__}/tree/main/packages/${name}#readme`}>{fullTitle}</a> ({title})
          </>
        ))}
        , after <a href="https://arxiv.org/abs/2511.04112">arXiv 2511.04112</a>.{' '}
        <a href={__REPOSITORY__}>Its source is open.</a>
      </p>
      <p>Everything is computed in this tab. No picture and no word leaves it.</p>
    </footer>
  );
}
