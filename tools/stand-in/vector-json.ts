import type { VectorChange } from './effect.js';

/** The JSON of each vector. A float4 holds seven decimals of a unit vector's values. */
export function vectorsJson(vectors: readonly Float32Array[]): readonly string[] {
  return vectors.map(vectorJson);
}

/** A vector's JSON as base64 of little-endian floats, as in the OpenAI API. What is no number becomes NaN. */
export function base64Of(json: string): string {
  const values = json.slice(1, -1).split(',').map(Number.parseFloat);
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeFloatLE(value, i * 4);
  return bytes.toString('base64');
}

/**
 * The JSON of each vector, made wrong.
 *
 * @param isChanged selects the vectors to change; changes of their number or order ignore it
 */
export function wrongVectorsJson(
  vectors: readonly Float32Array[],
  change: VectorChange,
  isChanged: (index: number) => boolean,
): readonly string[] {
  switch (change) {
    case 'none-at-all':
      return [];
    case 'too-few':
      return vectorsJson(vectors.slice(0, -1));
    case 'too-many':
      return vectorsJson([...vectors, ...vectors.slice(-1)]);
    case 'reordered':
      return vectorsJson(vectors.toReversed());
    default:
      return vectors.map((vector, i) => (isChanged(i) ? changed(vector, change) : vectorJson(vector)));
  }
}

function changed(
  vector: Float32Array,
  change: Exclude<VectorChange, 'none-at-all' | 'too-few' | 'too-many' | 'reordered'>,
): string {
  switch (change) {
    case 'wrong-dimension':
      return vectorJson(vector.subarray(0, -1));
    case 'zero':
      return vectorJson(vector.map(() => 0));
    case 'unnormalised':
      return vectorJson(vector.map((value) => value * 3.7));
    case 'null-value':
      return withFirst(vector, 'null');
    case 'nan-literal':
      return withFirst(vector, 'NaN');
    case 'infinite-value':
      // Valid JSON, which JSON.parse reads as Infinity.
      return withFirst(vector, '1e999');
  }
}

function withFirst(vector: Float32Array, first: string): string {
  return vectorJson(vector).replace(/^\[[^,\]]*/, `[${first}`);
}

function vectorJson(vector: Float32Array): string {
  return `[${Array.from(vector, (value) => Number(value.toFixed(7))).join(',')}]`;
}
