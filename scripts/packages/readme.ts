// READMEs of published packages, as somebody reads them who installed the package from npm.

/** Commands that need a clone of the repository. */
const REPOSITORY_COMMAND = /\b(npm run|npm ci|npm start|npx (vitest|tsx|turbo|buf)|node packages\/)/;

interface Section {
  readonly heading: string;
  readonly text: string;
  /** Whether its heading, or one that it stands under, says that it tells of work on the repository itself. */
  readonly ofRepository: boolean;
}

function sectionsOf(markdown: string): Section[] {
  const parts = markdown.split(/^(#+ .*)$/m);
  const above: string[] = [];
  return parts.flatMap((heading, i) => {
    if (i % 2 === 0) return [];
    const level = heading.indexOf(' ');
    above.length = level - 1;
    above[level - 1] = heading;
    const ofRepository = above.some((each) => /in the repository/i.test(each));
    return [{ heading, text: parts[i + 1] ?? '', ofRepository }];
  });
}

/** What a reader on npm cannot follow, one line each: no line to install by, commands of a clone. */
export function readmeFaults(name: string, markdown: string): string[] {
  const faults = sectionsOf(markdown)
    .filter(({ ofRepository }) => !ofRepository)
    .flatMap(({ heading, text }) => {
      const command = text.split('\n').find((line) => REPOSITORY_COMMAND.test(line));
      const where = `under "${heading}" there is a command of a clone: ${command?.trim()}`;
      return command === undefined ? [] : [`${where}; put it under a heading that says "In the repository"`];
    });
  const installs = new RegExp(`^npm (install|i) .*${name}\\b`, 'm').test(markdown);
  return installs ? faults : [...faults, `there is no "npm install ${name}" to begin with`];
}
