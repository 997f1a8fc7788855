/** What turns text into vectors behind the stand-in's HTTP. */
export interface Brain {
  /** Length of a vector when the request asks for no `dimensions`, or for more than this. */
  readonly nativeDimensions: number;

  /** Reads what the first embedding needs, as part of the stand-in's model load. */
  load?(): Promise<void>;

  /**
   * One unit vector per text, in order: `Float32Array[texts.length][dimensions]`.
   *
   * @param dimensions at most `nativeDimensions`
   */
  embed(texts: readonly string[], dimensions: number): Float32Array[] | Promise<Float32Array[]>;

  /** The same vectors as the bytes of a JSON array of arrays, where the brain knows a cheaper way than through floats. */
  embedJson?(texts: readonly string[], dimensions: number): Buffer;
}

export const BRAIN_NAMES = ['deterministic', 'sentence'] as const;
export type BrainName = (typeof BRAIN_NAMES)[number];

/**
 * Opens a brain by name. The sentence brain and its 400 MB of memory are imported only when asked for.
 *
 * @param nativeDimensions for the deterministic brain only, to play models of other sizes
 */
export async function openBrain(name: BrainName, nativeDimensions?: number): Promise<Brain> {
  switch (name) {
    case 'deterministic': {
      const { DeterministicBrain } = await import('./deterministic-brain.js');
      return new DeterministicBrain(nativeDimensions);
    }
    case 'sentence': {
      const { SentenceBrain } = await import('./sentence-brain.js');
      return new SentenceBrain();
    }
  }
}
