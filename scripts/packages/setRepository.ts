// `npm run links`: writes the root manifest's repository.url into every published manifest, and makes the links of their
// READMEs absolute under it. Write links relative or absolute; run it after either changed.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { absoluteLinks } from './links.js';
import { repositoryOf, thisRepository } from './repository.js';
import { publishedWorkspaces } from './workspaces.js';

const { url, page } = thisRepository();
for (const { location, manifest } of publishedWorkspaces()) {
  const former = manifest.repository?.url;
  const path = join(location, 'package.json');
  const written = JSON.parse(readFileSync(path, 'utf8'));
  const repository = { type: 'git', url, directory: location };
  if (former !== url || manifest.repository?.directory !== location) {
    writeFileSync(path, `${JSON.stringify({ ...written, repository }, null, 2)}\n`);
  }
  for (const file of ['README.md', 'NOTICE.md'].map((each) => join(location, each)).filter(existsSync)) {
    const markdown = readFileSync(file, 'utf8');
    const formerPage = former === undefined ? page : repositoryOf(former).page;
    const absolute = absoluteLinks(markdown, { folder: location, page, exists: existsSync }, formerPage);
    if (absolute !== markdown) writeFileSync(file, absolute);
  }
}
