/** Turns texts into vectors; the rest of the stand-in is a server around it. */
export interface Brain {
  /** Length of a vector when the request gives no `dimensions`, or more than this. */
  readonly nativeDimensions: number;

  /** Reads what the first embedding needs, as part of the stand-in's model load. */
  load?(): Promise<void>;

  /**
   * One unit vector per text, in order: `Float32Array[texts.length][dimensions]`.
   *
   * @param dimensions at most `nativeDimensions`
   */
  embed(texts: readonly string[], dimensions: number): Float32Array[] | Promise<Float32Array[]>;

  /** The same vectors as the bytes of a JSON array of arrays, for a brain that can write them without formatting floats. */
  embedJson?(texts: readonly string[], dimensions: number): Buffer;
}

export const BRAIN_NAMES = ['deterministic', 'sentence'] as const;
export type BrainName = (typeof BRAIN_NAMES)[number];

/** The native dimensions of qwen3-embedding:4b. */
export const NATIVE_DIMENSIONS = 2560;
