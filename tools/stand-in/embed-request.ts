import { parseGoDuration } from '../../src/base/go-duration.js';
import { Refusal } from './refusal.js';

/** A request to `/api/embed`, with the checks that Ollama makes before it looks for the model. */
export interface EmbedRequest {
  readonly model: string;
  readonly texts: readonly string[];
  readonly dimensions: number;
  readonly truncate: boolean;
  /** The options as a string; a change reloads the model. */
  readonly optionsKey: string;
  /** How long to keep the model loaded afterwards, up to Infinity; undefined: as before. */
  readonly keepAliveMs: number | undefined;
}

/** @throws Refusal 400 */
export function parseEmbedRequest(body: Readonly<Record<string, unknown>>): EmbedRequest {
  const { model = '', dimensions = 0, truncate = true, options = {}, keep_alive: keepAlive } = body;
  if (typeof model !== 'string') throw wrongType('model', 'string');
  if (!Number.isInteger(dimensions)) throw wrongType('dimensions', 'int');
  if (typeof truncate !== 'boolean') throw wrongType('truncate', 'bool');
  return {
    model,
    texts: textsOf(body.input),
    dimensions: Number(dimensions),
    truncate,
    optionsKey: JSON.stringify(options ?? {}),
    keepAliveMs: keepAliveMsOf(keepAlive),
  };
}

/** The texts in `input`. As in Ollama, an empty string is no text, but an array may contain it. */
function textsOf(input: unknown): readonly string[] {
  if (input === undefined || input === null || input === '') return [];
  if (typeof input === 'string') return [input];
  if (!Array.isArray(input) || !input.every((text) => typeof text === 'string')) {
    throw new Refusal(400, 'invalid input type');
  }
  return input;
}

function keepAliveMsOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' && typeof value !== 'string') {
    throw new Refusal(400, `Unsupported type: '${typeof value}'`);
  }
  const seconds = typeof value === 'number' ? value : parseGoDuration(value);
  if (seconds === undefined) throw new Refusal(400, `time: invalid duration ${JSON.stringify(value)}`);
  return seconds < 0 ? Infinity : seconds * 1000;
}

function wrongType(field: string, type: string): Refusal {
  return new Refusal(400, `json: cannot unmarshal into Go struct field EmbedRequest.${field} of type ${type}`);
}
