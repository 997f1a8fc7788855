/** Something that is held up until it is let go. */
export interface Hold {
  /** Resolves when it is held. */
  readonly reached: () => Promise<void>;
  /** Lets it go on. */
  readonly release: () => void;
}
