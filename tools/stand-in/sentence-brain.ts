import { NATIVE_DIMENSIONS, type Brain } from './brain.js';
import { SentenceModel } from './sentence-model.js';

/**
 * The sentence model, for the demo and the test of search by meaning. It blocks the calling thread: run it in its own thread
 * or process.
 *
 * It imitates a model with more dimensions: zeros follow its 512 values. They change neither norm nor scalar product, so all
 * cosine distances are those of the 512 values.
 */
export class SentenceBrain implements Brain {
  readonly nativeDimensions = NATIVE_DIMENSIONS;
  readonly #model = new SentenceModel();

  async load(): Promise<void> {
    await this.#model.load();
  }

  async embed(texts: readonly string[], dimensions: number): Promise<Float32Array[]> {
    const vectors = await this.#model.embed(texts.map(withoutInstruction));
    return vectors.map((values) => fit(values, dimensions));
  }
}

const INSTRUCTIONS = [/^Represent this platform knowledge base section for retrieval: /, /^Instruct: [^\n]*\nQuery: ?/];

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

function fit(values: readonly number[], dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  vector.set(values.slice(0, dimensions));
  if (dimensions >= values.length) return vector;
  const norm = Math.hypot(...vector) || 1;
  return vector.map((value) => value / norm);
}
