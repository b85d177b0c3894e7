import packageJson from '../package.json' with { type: 'json' };

/** The versions of the runtime's packages that this one works with, as npm ranges. */
export const peers: Readonly<Record<string, string>> = packageJson.peerDependencies;
