/** Something that waits until it is released. */
export interface Hold {
  /** Resolves when it waits. */
  readonly reached: () => Promise<void>;
  /** Lets it continue. */
  readonly release: () => void;
}
