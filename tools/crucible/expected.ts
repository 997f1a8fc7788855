import { BlockTexts } from '../../src/blocks/context/block-texts.js';
import type { ContextKind } from '../../src/blocks/context/kinds.js';
import { halves, meanVector, SHORT_TEXT_LENGTH } from '../../src/embedder/embed-in-parts.js';
import { wholeText, type TextInContext } from '../../src/embedder/text-in-context.js';
import { countTokens } from '../stand-in/context.js';
import { deterministicVector } from '../stand-in/deterministic-brain.js';
import { CONTEXT_TOKENS } from './testbed/timing.js';

/** Of the reference schema's column. */
export const DIMENSIONS = 768;
const HEADER_BYTES = 4;
/** Rounding by half precision (5e-4 of a value, none above 0.06), and by the mean of several vectors. */
const TOLERANCE = 1e-4;

export interface Source {
  readonly type: string;
  /** JSON as Postgres prints it. */
  readonly content: string | null;
  readonly title: string | null;
  /** The contents of the headings above it, in order; only needed for paths. */
  readonly headingsAbove: readonly string[];
}

/** The text of a block without the instruction, or null if there is nothing to embed. */
export function textOf({ title, ...block }: Source, context: ContextKind): TextInContext | null {
  return new BlockTexts({ context, contentFormat: 'json' }).of({ ...block, noteTitle: title });
}

/**
 * Whether these are the values, or the first values, of a vector of the text after this instruction: of the whole text, or the
 * mean over parts that fit into the model's context. Parts may be smaller than that if the model crashed on them.
 */
export function isVectorOf(text: TextInContext, instruction: string, { dimensions, values }: SentVector): boolean {
  if (values.length === 0) return false;
  for (const parts of partitions(text, instruction)) {
    if (isClose(values, meanOf(parts, instruction, dimensions))) return true;
  }
  return false;
}

/** A vector, or its first values. */
export interface SentVector {
  /** Of the whole vector. */
  readonly dimensions: number;
  readonly values: Float32Array;
}

/** Reads the format of `vector_send`, all big-endian: the dimensions in 2 bytes, 2 unused bytes, and float4 values. */
export function readVector(bytes: Buffer): SentVector {
  const dimensions = bytes.readInt16BE(0);
  const length = Math.floor((bytes.length - HEADER_BYTES) / 4);
  return { dimensions, values: Float32Array.from({ length }, (_, i) => bytes.readFloatBE(HEADER_BYTES + 4 * i)) };
}

/** The ways to embed a text: whole if it fits, and in all parts that halving may leave; the largest parts first. */
function* partitions(text: TextInContext, instruction: string): Generator<TextInContext[]> {
  if (fits(text, instruction)) {
    yield [text];
    if (wholeText(text).length <= SHORT_TEXT_LENGTH) return;
  }
  const [first, second] = halves(text);
  if (first === undefined || second === undefined) return;
  for (const before of partitions(first, instruction)) {
    for (const after of partitions(second, instruction)) yield [...before, ...after];
  }
}

function meanOf(parts: readonly TextInContext[], instruction: string, dimensions: number): Float32Array {
  const vectors = parts.map((part) => ({
    vector: deterministicVector(instruction + wholeText(part), dimensions),
    weight: part.text.length,
  }));
  const [only, another] = vectors;
  if (only !== undefined && another === undefined) return only.vector;
  const mean = meanVector(vectors);
  if (mean instanceof Float32Array) return mean;
  throw mean;
}

function isClose(values: Float32Array, expected: Float32Array): boolean {
  // Negated so that NaN does not match.
  return !values.some((value, i) => !(Math.abs(value - (expected[i] ?? Number.NaN)) < TOLERANCE));
}

function fits(text: TextInContext, instruction: string): boolean {
  return countTokens(instruction + wholeText(text)) <= CONTEXT_TOKENS;
}
