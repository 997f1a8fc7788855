import type { VectorChange } from './effect.js';

/** Vectors as JSON, one each; seven decimals are what float4 holds of a unit vector's values. */
export function vectorsJson(vectors: readonly Float32Array[]): readonly string[] {
  return vectors.map(vectorJson);
}

/** A vector's JSON as base64 of little-endian floats, as the OpenAI API has it; what is no number is NaN. */
export function base64Of(json: string): string {
  const values = json.slice(1, -1).split(',').map(Number.parseFloat);
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeFloatLE(value, i * 4);
  return bytes.toString('base64');
}

/**
 * Vectors as JSON, one each, spoilt.
 *
 * @param spoilt which of them; what changes their number ignores it
 */
export function spoiltVectorsJson(
  vectors: readonly Float32Array[],
  change: VectorChange,
  spoilt: (index: number) => boolean,
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
      return vectors.map((vector, i) => (spoilt(i) ? spoil(vector, change) : vectorJson(vector)));
  }
}

function spoil(
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
      // Valid JSON, and JSON.parse makes Infinity of it.
      return withFirst(vector, '1e999');
  }
}

function withFirst(vector: Float32Array, first: string): string {
  return vectorJson(vector).replace(/^\[[^,\]]*/, `[${first}`);
}

function vectorJson(vector: Float32Array): string {
  return `[${Array.from(vector, (value) => Number(value.toFixed(7))).join(',')}]`;
}
