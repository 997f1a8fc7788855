import { classifyResponse, type ErrorResponse } from './classify.js';
import type { Dialect } from './dialect.js';
import { TextTooLongError } from './errors.js';
import type { JsonResponse } from './read-response.js';

/** How error messages name a request field that the server refuses. */
export interface FieldPattern {
  readonly field: RegExp;
  /** For a 5xx, whose message may be about anything. */
  readonly inServerError?: RegExp;
}

const UNSUPPORTED =
  /\b(extra|additional|unknown|unrecogni[sz]ed|unexpected|unsupported|invalid)\b|\bnot? (be )?(support|allow|permit|accept|implement|know|valid)|does(n't| not) (support|accept|know)/;

/** In a 5xx, "dimension" may be a tensor's. */
export const DIMENSIONS: FieldPattern = {
  field: /dimensions?\b|matryoshka/i,
  inServerError:
    /^(?!.*\b(tensors?|matri(x|ces)|matmul|shapes?|mismatch)\b).*((?<!\d )\bdimensions\b|matryoshka|\bdimension (param|arg|option|field|is|not)|output_dim)/is,
};

export const ENCODING_FORMAT: FieldPattern = { field: /encoding[_ -]?format|base64/i };

/** Not every mention counts: a server may also advise us to truncate. Without the field it would cut texts silently. */
export const TRUNCATE: FieldPattern = {
  field: new RegExp(`(${UNSUPPORTED.source}).{0,60}\\btruncate\\b|\\btruncate\\b.{0,60}(${UNSUPPORTED.source})`, 'is'),
};

/** Not `keep-alive`, which is about connections. */
export const KEEP_ALIVE: FieldPattern = { field: /\bkeep_?alive\b/i };

/** The request has an unknown field; the message may not say which. */
const UNKNOWN_FIELD =
  /\b(extra|additional|unknown|unrecogni[sz]ed|unexpected|unsupported)[ _](fields?|params?|parameters?|propert(y|ies)|keys?|(keyword |request )?arguments?)\b|\bextra[ _](inputs|forbidden)\b/i;

/** Statuses about the client, the size or the rate of requests, not about their fields. */
const NOT_ABOUT_FIELDS = new Set([401, 402, 403, 407, 408, 413, 425, 429]);

/**
 * Request fields that not every server supports. If the server refuses one, the request is sent again without it. Once that
 * succeeds, the field is never sent again. Not earlier: an error about the text itself may mention anything.
 */
export class OptionalFields<Field extends string> {
  readonly #patterns: Readonly<Record<Field, FieldPattern>>;
  readonly #fields: readonly Field[];
  readonly #refused = new Set<Field>();

  /** @param patterns in the order in which fields are left out if the server names several */
  constructor(patterns: Readonly<Record<Field, FieldPattern>>) {
    this.#patterns = patterns;
    this.#fields = Object.keys(patterns) as Field[];
  }

  /**
   * Sends a request with the fields that the server supports.
   *
   * @param values of the fields to send
   * @param send sends the request with these fields
   * @param read reads a response other than 2xx
   * @returns a 2xx response
   * @throws ProviderError for any other response; whatever `send` throws
   */
  async ask(
    values: Readonly<Partial<Record<Field, unknown>>>,
    dialect: Dialect,
    send: (fields: object) => Promise<JsonResponse>,
    read: (response: JsonResponse) => ErrorResponse,
  ): Promise<JsonResponse> {
    const leftOut = new Set(this.#refused);
    for (;;) {
      const sent = this.#fields.filter((field) => values[field] !== undefined && !leftOut.has(field));
      const response = await send(Object.fromEntries(sent.map((field) => [field, values[field]])));
      if (isSuccess(response)) {
        for (const field of leftOut) this.#refused.add(field);
        return response;
      }
      const failure = read(response);
      const field = this.#refusedIn(failure, sent);
      const error = classifyResponse(dialect, failure);
      if (field === undefined || (error instanceof TextTooLongError && !this.#isNamedInCodes(failure, field)))
        throw error;
      leftOut.add(field);
    }
  }

  /** If a text is too long, the message may advise truncation or mention dimensions; the error codes do not. */
  #isNamedInCodes({ codes = '' }: ErrorResponse, field: Field): boolean {
    return this.#patterns[field].field.test(codes);
  }

  #refusedIn(
    { status, message, shown = message, codes = '' }: ErrorResponse,
    sent: readonly Field[],
  ): Field | undefined {
    if (status < 400 || NOT_ABOUT_FIELDS.has(status)) return undefined;
    const words = `${shown} ${codes}`;
    const isNamed = (field: Field) => {
      const { field: anywhere, inServerError = anywhere } = this.#patterns[field];
      return anywhere.test(codes) || (status >= 500 ? inServerError : anywhere).test(words);
    };
    const named = this.#fields.filter(isNamed);
    if (named.length > 0) return named.find((field) => sent.includes(field));
    // It names none. The last is the one we need least.
    return status < 500 && UNKNOWN_FIELD.test(words) ? sent.at(-1) : undefined;
  }
}

export function isSuccess({ status }: JsonResponse): boolean {
  return status >= 200 && status < 300;
}
