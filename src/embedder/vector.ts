import type { Dialect } from './dialect.js';
import { ProviderUnavailableError, TextRejectedError } from './errors.js';
import { requireDimensions, type ExpectedDimensions } from './require-dimensions.js';

export interface ExpectedVectors extends ExpectedDimensions {
  readonly dialect: Dialect;
}

/** How far from 1 the length of a vector may be before it is made 1: float32 and JSON lose no more than this. */
const NORM_TOLERANCE = 1e-3;

/**
 * Takes a server's embeddings for what they should be.
 *
 * @param embeddings as they came, unchecked; floats are made ready in place
 * @param count how many texts were sent
 * @param expected what the column holds, and who was asked
 * @returns for each text its vector, number[dimensions] of length 1, or what is wrong with it
 * @throws ProviderUnavailableError when the answer as a whole makes no sense
 * @throws ProviderMisconfiguredError when the model gives vectors of another dimension that must not be shortened
 */
export function readVectors(
  embeddings: unknown,
  count: number,
  expected: ExpectedVectors,
): (Float32Array | TextRejectedError)[] {
  if (!Array.isArray(embeddings) || embeddings.length !== count) {
    const got = Array.isArray(embeddings) ? `${embeddings.length} vectors` : 'no vectors';
    const { name, codes } = expected.dialect;
    throw new ProviderUnavailableError(codes.garbled, `${name} answered with ${got} for ${count} texts`, {
      inputMayBeAtFault: true,
    });
  }
  return embeddings.map((embedding: unknown) => readVector(embedding, expected));
}

function readVector(embedding: unknown, expected: ExpectedVectors): Float32Array | TextRejectedError {
  const { dimensions, dialect } = expected;
  if (embedding instanceof Float32Array && embedding.length === dimensions) {
    const norm = lengthOf(embedding);
    return Number.isNaN(norm) ? notFinite() : normalise(embedding, norm);
  }
  if (!Array.isArray(embedding) && !(embedding instanceof Float32Array)) {
    const message = `${dialect.name} answered with something that is not a vector`;
    throw new ProviderUnavailableError(dialect.codes.garbled, message, { inputMayBeAtFault: true });
  }
  requireDimensions(embedding.length, expected);
  const vector = new Float32Array(dimensions);
  let squares = 0;
  for (let i = 0; i < dimensions; i++) {
    const value: unknown = embedding[i];
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      return notFinite();
    }
    vector[i] = value;
    squares += value * value;
  }
  return normalise(vector, Math.sqrt(squares));
}

/** @returns the dimensions of the first of a server's embeddings; null where it is no vector */
export function lengthOfFirst(embeddings: unknown): number | null {
  const first: unknown = Array.isArray(embeddings) ? embeddings[0] : undefined;
  return (Array.isArray(first) || first instanceof Float32Array) && first.length > 0 ? first.length : null;
}

function notFinite(): TextRejectedError {
  return new TextRejectedError('EMBEDDING_NOT_FINITE', 'the model made a vector with a value that is no finite number');
}

function lengthOf(vector: Float32Array): number {
  let squares = 0;
  // By index: an iterator makes an object of each number, which was nearly half of all that the worker allocated.
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i] ?? 0;
    squares += value * value;
  }
  return Math.sqrt(squares);
}

/** Makes the length of a vector 1, in place. */
function normalise(vector: Float32Array, norm: number): Float32Array | TextRejectedError {
  if (!Number.isFinite(norm) || norm < Number.EPSILON) {
    return new TextRejectedError(
      'EMBEDDING_ZERO',
      'the model made a vector of length 0 or beyond measure, which has no direction',
    );
  }
  if (Math.abs(norm - 1) > NORM_TOLERANCE) {
    for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) / norm;
  }
  return vector;
}

/**
 * The vector of a text from the vectors of its parts: their mean, weighted by the parts' lengths, made length 1.
 *
 * @param parts at least one; vectors number[dimensions]
 */
export function meanVector(
  parts: readonly { readonly vector: Float32Array; readonly weight: number }[],
): Float32Array | TextRejectedError {
  const mean = new Float64Array(parts[0]?.vector.length ?? 0);
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  for (const { vector, weight } of parts) {
    for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] ?? 0) + ((vector[i] ?? 0) * weight) / total;
  }
  return normalise(Float32Array.from(mean), Math.hypot(...mean));
}

/** What one text came to: number[dimensions], or why it has no vector. */
export type VectorOrRejection = Float32Array | TextRejectedError;
