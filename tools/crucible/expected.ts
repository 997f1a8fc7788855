import { DEFAULT_INSTRUCTION } from '../../src/config/variables.js';
import { blockText } from '../../src/text/block-text.js';
import { halve } from '../../src/embedder/halve.js';
import { meanVector } from '../../src/embedder/embed-in-parts.js';
import { countTokens } from '../stand-in/context.js';
import { deterministicVector } from '../stand-in/deterministic-brain.js';
import { CONTEXT_TOKENS } from './site/timing.js';

/** What the column holds when all is as it was. */
export const DIMENSIONS = 768;
const HEADER_BYTES = 4;
/** What float32 and a mean of several vectors may lose. */
const TOLERANCE = 1e-4;

export interface Source {
  readonly type: string;
  /** As Postgres prints it. */
  readonly content: string | null;
  readonly title: string | null;
}

/** The text of a block without the instruction, null where there is none to embed. */
export function textOf({ type, content, title }: Source): string | null {
  return blockText({ type, content, noteTitle: title, contentFormat: 'json' });
}

/** The vector that a text must have: of the whole, or of the parts that it has to be cut into. */
export function vectorOf(text: string, dimensions: number): Float32Array {
  if (fits(text)) return deterministicVector(DEFAULT_INSTRUCTION + text, dimensions);
  const mean = meanVector(parts(text).map((part) => ({ vector: vectorOf(part, dimensions), weight: part.length })));
  if (mean instanceof Float32Array) return mean;
  throw mean;
}

/** Whether this is the vector of the text, or the beginning of it. */
export function isVectorOf(text: string, { dimensions, values }: SentVector): boolean {
  const expected = vectorOf(text, dimensions);
  for (let i = 0; i < values.length; i++) {
    // Written so that NaN is no match.
    if (!(Math.abs((values[i] ?? Number.NaN) - (expected[i] ?? Number.NaN)) < TOLERANCE)) return false;
  }
  return values.length > 0;
}

/** A vector, or the beginning of it. */
export interface SentVector {
  /** Of the whole. */
  readonly dimensions: number;
  readonly values: Float32Array;
}

/** What `vector_send` gives: a header of 4 bytes, of which the first two are the dimensions, and float4 values, all big-endian. */
export function readVector(bytes: Buffer): SentVector {
  const dimensions = bytes.readInt16BE(0);
  const length = Math.floor((bytes.length - HEADER_BYTES) / 4);
  return { dimensions, values: Float32Array.from({ length }, (_, i) => bytes.readFloatBE(HEADER_BYTES + 4 * i)) };
}

function parts(text: string): string[] {
  return halve(text)
    .filter((half) => half.trim() !== '')
    .flatMap((half) => (fits(half) ? [half] : parts(half)));
}

function fits(text: string): boolean {
  return countTokens(DEFAULT_INSTRUCTION + text) <= CONTEXT_TOKENS;
}
