import { ProviderUnavailableError, TextRejectedError, TextTooLongError, type ProviderError } from './errors.js';
import { halve } from './sentences.js';
import { meanVector, type VectorOrRejection } from './vector.js';

/** A text of fewer characters that is still too long is not worth halving: something else is wrong. */
export const SHORTEST_TO_HALVE = 64;
/** A model that does not survive a text of no more characters does so for another reason than its length. */
const LONG_ENOUGH_TO_CRASH = 512;
/** Each may cost the server a crash. */
const MOST_REQUESTS_AFTER_CRASH = 8;

/** A text in parts: their mean stands for it. */
export interface SplitText {
  readonly vector: VectorOrRejection;
  /** How many parts have a vector. */
  readonly parts: number;
}

interface Part {
  readonly vector: Float32Array;
  /** Characters. */
  readonly weight: number;
}

export function isTooLong(error: unknown, text: string): error is TextTooLongError {
  return error instanceof TextTooLongError && text.length >= SHORTEST_TO_HALVE;
}

/** Whether the model may not have survived a text because it is long: some crash where others say so. */
export function mayBeItsLength(error: unknown, text: string): error is ProviderUnavailableError {
  return error instanceof ProviderUnavailableError && text.length > LONG_ENOUGH_TO_CRASH;
}

/**
 * Halves a text until each part fits.
 *
 * @param tryAlone embeds one part until it has a vector or is to blame
 */
export async function splitTooLong(
  text: string,
  tryAlone: (part: string) => Promise<Float32Array | ProviderError>,
): Promise<SplitText> {
  const parts: Part[] = [];
  const waiting = halves(text);
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
    const result = await tryAlone(part);
    if (result instanceof Float32Array) parts.push({ vector: result, weight: part.length });
    else if (isTooLong(result, part)) waiting.unshift(...halves(part));
    else return { vector: asRejection(result), parts: parts.length };
  }
  return { vector: meanVector(parts), parts: parts.length };
}

/**
 * Halves a text that a model has not survived, as long as its parts may be too long as well. Each part is sent once.
 *
 * @param failure of the whole, which is the text's where a part fails, too
 * @param sendOnce sends one part, and again only what no text can have caused; the server works when it resolves
 */
export async function splitAfterCrash(
  text: string,
  failure: ProviderError,
  sendOnce: (part: string) => Promise<Float32Array | ProviderError>,
): Promise<SplitText> {
  const parts: Part[] = [];
  const waiting = halves(text);
  for (let left = MOST_REQUESTS_AFTER_CRASH; left >= waiting.length; left--) {
    const part = waiting.shift();
    if (part === undefined) return { vector: meanVector(parts), parts: parts.length };
    const result = await sendOnce(part);
    if (result instanceof Float32Array) parts.push({ vector: result, weight: part.length });
    else if (isTooLong(result, part) || mayBeItsLength(result, part)) waiting.push(...halves(part));
    else break;
  }
  return { vector: asRejection(failure), parts: parts.length };
}

function halves(text: string): string[] {
  return halve(text).filter((part) => part.trim() !== '');
}

export function asRejection(error: ProviderError): TextRejectedError {
  if (error instanceof TextRejectedError) return error;
  const { code, message, fix } = error;
  return new TextRejectedError(code, message, { fix });
}
