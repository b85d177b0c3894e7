/** What the site holds beside its scripts: for each path its length as served, and the start of its SHA-256. */
export type AssetList = Readonly<Record<string, { readonly bytes: number; readonly hash: string }>>;
