export interface Asset {
  /** As served. */
  readonly bytes: number;
  /** The start of its SHA-256, in hexadecimal. */
  readonly hash: string;
}

/** What the site holds beside its scripts, by path. */
export type AssetList = Readonly<Record<string, Asset>>;
