/** Something from outside that an artifact was made from. */
export type Material = {
  /** A package URL, a URL, or "user:NAME" of a file that the user owns: never a path or a host of this machine. */
  readonly uri: string;
  /** Hexadecimal, by algorithm: sha256; gitCommit of a commit. */
  readonly digest: Readonly<Record<string, string>>;
  /** A file's name, where one URI has several. */
  readonly name?: string;
  /** In bytes. */
  readonly size?: number;
};
