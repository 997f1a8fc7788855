import {
  asRejection,
  ProviderUnavailableError,
  TextTooLongError,
  type ProviderError,
  type TextRejectedError,
} from './errors.js';
import { halve } from './halve.js';
import { wholeText, type TextInContext } from './text-in-context.js';
import { normalise, type VectorOrRejection } from './vector.js';

/** A shorter text (in characters) that the server calls too long is not halved: something else is wrong. */
const MIN_LENGTH_TO_HALVE = 64;
/** If the model crashes on a text of at most this many characters, the length is not the reason. */
export const SHORT_TEXT_LENGTH = 512;
/** Each request may crash the server once more. */
const MAX_REQUESTS_AFTER_CRASH = 8;

/** The result of embedding a text in parts. */
export interface EmbeddedParts {
  /** The mean of the parts' vectors, or why there is none. */
  readonly vector: VectorOrRejection;
  /** Parts that have a vector. */
  readonly parts: number;
}

interface Part {
  readonly vector: Float32Array;
  /** Characters, without the context. */
  readonly weight: number;
}

/** Whether to embed a text in parts because the server said that it is too long. */
export function isTooLong(error: unknown, text: string): error is TextTooLongError {
  return error instanceof TextTooLongError && text.length >= MIN_LENGTH_TO_HALVE;
}

/** Whether the model may have crashed because the text is too long: some models crash where others report an error. */
export function mayHaveCrashedOnLength(error: unknown, text: string): error is ProviderUnavailableError {
  return error instanceof ProviderUnavailableError && text.length > SHORT_TEXT_LENGTH;
}

/**
 * Halves a text until every part, with the context, fits.
 *
 * @param embedPart returns the part's vector, or the error once the part is at fault
 */
export async function embedInParts(
  text: TextInContext,
  embedPart: (part: string) => Promise<Float32Array | ProviderError>,
): Promise<EmbeddedParts> {
  const parts: Part[] = [];
  const waiting = halves(text);
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
    const result = await embedPart(wholeText(part));
    if (result instanceof Float32Array) parts.push({ vector: result, weight: part.text.length });
    else if (isTooLong(result, wholeText(part))) waiting.unshift(...halves(part));
    else return { vector: asRejection(result), parts: parts.length };
  }
  return { vector: meanVector(parts), parts: parts.length };
}

/**
 * Halves a text that crashed the model, as long as its parts may still be too long. Sends each part once.
 *
 * @param failure of the whole text; the result if a part fails for another reason than its length
 * @param sendPart sends a part, and repeats it only after errors that no text can cause; the server works when it resolves
 */
export async function embedInPartsAfterCrash(
  text: TextInContext,
  failure: ProviderError,
  sendPart: (part: string) => Promise<Float32Array | ProviderError>,
): Promise<EmbeddedParts> {
  const parts: Part[] = [];
  const waiting = halves(text);
  for (let left = MAX_REQUESTS_AFTER_CRASH; left >= waiting.length; left--) {
    const part = waiting.shift();
    if (part === undefined) return { vector: meanVector(parts), parts: parts.length };
    const result = await sendPart(wholeText(part));
    if (result instanceof Float32Array) parts.push({ vector: result, weight: part.text.length });
    else if (isTooLong(result, wholeText(part)) || mayHaveCrashedOnLength(result, wholeText(part)))
      waiting.push(...halves(part));
    else break;
  }
  return { vector: asRejection(failure), parts: parts.length };
}

/**
 * The halves of a text, each with its context. A context that is longer than a half becomes part of the text instead, so that
 * every part fits in the end, and no request consists mostly of context.
 */
export function halves({ context, text }: TextInContext): TextInContext[] {
  const repeated = 2 * context.length <= text.length ? context : '';
  const parts = halve(repeated === context ? text : context + text);
  return parts.filter((part) => part.trim() !== '').map((part) => ({ context: repeated, text: part }));
}

/**
 * The mean of the parts' vectors, weighted by the parts' lengths and normalised to length 1.
 *
 * @param parts at least one; vectors number[dimensions]
 */
export function meanVector(parts: readonly Part[]): Float32Array | TextRejectedError {
  const mean = new Float64Array(parts[0]?.vector.length ?? 0);
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  for (const { vector, weight } of parts) {
    for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] ?? 0) + ((vector[i] ?? 0) * weight) / total;
  }
  return normalise(Float32Array.from(mean), Math.hypot(...mean));
}
