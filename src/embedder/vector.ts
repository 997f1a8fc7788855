import type { Dialect } from './dialect.js';
import { ProviderUnavailableError, TextRejectedError } from './errors.js';
import { requireDimensions, type ExpectedDimensions } from './require-dimensions.js';

/** The result of embedding one text: number[dimensions], or why it has no vector. */
export type VectorOrRejection = Float32Array | TextRejectedError;

export interface ExpectedVectors extends ExpectedDimensions {
  readonly dialect: Dialect;
}

/** How far a vector's length may be from 1 before it is normalised. Rounding in float32 and JSON changes it less. */
const NORM_TOLERANCE = 1e-3;

/**
 * Checks a server's embeddings and makes vectors of them.
 *
 * @param embeddings as received, unchecked; a Float32Array is normalised in place
 * @param count the number of texts that were sent
 * @param expected what the column holds, and which server answered
 * @returns for each text its vector, number[dimensions] of length 1, or what is wrong with it
 * @throws ProviderUnavailableError if the response as a whole makes no sense
 * @throws ProviderMisconfiguredError if the vectors have other dimensions and must not be shortened
 */
export function readVectors(embeddings: unknown, count: number, expected: ExpectedVectors): VectorOrRejection[] {
  if (!Array.isArray(embeddings) || embeddings.length !== count) {
    const got = Array.isArray(embeddings) ? `${embeddings.length} vectors` : 'no vectors';
    const { name, codes } = expected.dialect;
    throw new ProviderUnavailableError(codes.garbled, `${name} answered with ${got} for ${count} texts`, {
      inputMayBeAtFault: true,
    });
  }
  return embeddings.map((embedding: unknown) => readVector(embedding, expected));
}

function readVector(embedding: unknown, expected: ExpectedVectors): VectorOrRejection {
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

/** @returns the dimensions of the first of a server's embeddings; null if it is not a vector */
export function firstDimensions(embeddings: unknown): number | null {
  const first: unknown = Array.isArray(embeddings) ? embeddings[0] : undefined;
  return (Array.isArray(first) || first instanceof Float32Array) && first.length > 0 ? first.length : null;
}

function notFinite(): TextRejectedError {
  return new TextRejectedError(
    'EMBEDDING_NOT_FINITE',
    'the model returned a vector with a value that is not a finite number',
  );
}

function lengthOf(vector: Float32Array): number {
  let squares = 0;
  // By index: an iterator allocates an object per number, nearly half of everything the worker allocated.
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i] ?? 0;
    squares += value * value;
  }
  return Math.sqrt(squares);
}

/** Scales a vector to length 1, in place. */
export function normalise(vector: Float32Array, norm: number): VectorOrRejection {
  if (!Number.isFinite(norm) || norm < Number.EPSILON) {
    return new TextRejectedError(
      'EMBEDDING_ZERO',
      'the model returned a vector of length 0 or infinity, which has no direction',
    );
  }
  if (Math.abs(norm - 1) > NORM_TOLERANCE) {
    for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) / norm;
  }
  return vector;
}
