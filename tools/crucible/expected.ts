import { BlockTexts } from '../../src/blocks/context/block-texts.js';
import type { ContextKind } from '../../src/blocks/context/kinds.js';
import { halves, meanVector } from '../../src/embedder/embed-in-parts.js';
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

/** The vector that a text must have after this instruction: of the whole text, or the mean over the parts that fit into the model's context. */
export function vectorOf(text: TextInContext, instruction: string, dimensions: number): Float32Array {
  if (fits(text, instruction)) return deterministicVector(instruction + wholeText(text), dimensions);
  const mean = meanVector(
    parts(text, instruction).map((part) => ({
      vector: vectorOf(part, instruction, dimensions),
      weight: part.text.length,
    })),
  );
  if (mean instanceof Float32Array) return mean;
  throw mean;
}

/** Whether these are the values, or the first values, of the text's vector after this instruction. */
export function isVectorOf(text: TextInContext, instruction: string, { dimensions, values }: SentVector): boolean {
  const expected = vectorOf(text, instruction, dimensions);
  for (let i = 0; i < values.length; i++) {
    // Negated so that NaN does not match.
    if (!(Math.abs((values[i] ?? Number.NaN) - (expected[i] ?? Number.NaN)) < TOLERANCE)) return false;
  }
  return values.length > 0;
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

function parts(text: TextInContext, instruction: string): TextInContext[] {
  return halves(text).flatMap((half) => (fits(half, instruction) ? [half] : parts(half, instruction)));
}

function fits(text: TextInContext, instruction: string): boolean {
  return countTokens(instruction + wholeText(text)) <= CONTEXT_TOKENS;
}
