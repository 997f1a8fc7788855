import { classifyAnswer, type Refusal } from './classify.js';
import type { Dialect } from './dialect.js';
import { TextTooLongError } from './errors.js';
import type { JsonAnswer } from './read-answer.js';

/** How a server that refuses a field of the request names it; `inFailure`: in a 5xx, whose message may be of anything. */
export interface NamedBy {
  readonly field: RegExp;
  readonly inFailure?: RegExp;
}

const NOT_KNOWN =
  /\b(extra|additional|unknown|unrecogni[sz]ed|unexpected|unsupported|invalid)\b|\bnot? (be )?(support|allow|permit|accept|implement|know|valid)|does(n't| not) (support|accept|know)/;

/** In a failure "dimension" may be a tensor's. */
export const DIMENSIONS: NamedBy = {
  field: /dimensions?\b|matryoshka/i,
  inFailure:
    /^(?!.*\b(tensors?|matri(x|ces)|matmul|shapes?|mismatch)\b).*((?<!\d )\bdimensions\b|matryoshka|\bdimension (param|arg|option|field|is|not)|output_dim)/is,
};

export const ENCODING_FORMAT: NamedBy = { field: /encoding[_ -]?format|base64/i };

/** A server may also advise to truncate: left out then, it would cut texts silently. */
export const TRUNCATE: NamedBy = {
  field: new RegExp(`(${NOT_KNOWN.source}).{0,60}\\btruncate\\b|\\btruncate\\b.{0,60}(${NOT_KNOWN.source})`, 'is'),
};

/** Says that something in the request is not known, and perhaps not what. */
const UNKNOWN_FIELD =
  /\b(extra|additional|unknown|unrecogni[sz]ed|unexpected|unsupported)[ _](fields?|params?|parameters?|propert(y|ies)|keys?|(keyword |request )?arguments?)\b|\bextra[ _](inputs|forbidden)\b/i;

/** Answers that are about who asks, or when, and not about what. */
const NOT_ABOUT_FIELDS = new Set([401, 402, 403, 407, 408, 413, 425, 429]);

/**
 * Fields that are asked for where a server knows of them. One that it refuses is left out and the request sent again; from
 * the first that succeeds without it, it is not asked for again. Not before: a server that refuses the text itself may
 * speak of anything.
 */
export class OptionalFields<Field extends string> {
  readonly #named: Readonly<Record<Field, NamedBy>>;
  readonly #fields: readonly Field[];
  readonly #refused = new Set<Field>();

  /** @param named in the order in which they are left out where the server names several */
  constructor(named: Readonly<Record<Field, NamedBy>>) {
    this.#named = named;
    this.#fields = Object.keys(named) as Field[];
  }

  /**
   * @param values of the fields, as far as they are asked for
   * @param send sends the request with these fields
   * @param read what an answer that is not 2xx says
   * @returns an answer that is 2xx
   * @throws ProviderError for any other; whatever `send` throws
   */
  async ask(
    values: Readonly<Partial<Record<Field, unknown>>>,
    dialect: Dialect,
    send: (fields: object) => Promise<JsonAnswer>,
    read: (answer: JsonAnswer) => Refusal,
  ): Promise<JsonAnswer> {
    const leftOut = new Set(this.#refused);
    for (;;) {
      const asked = this.#fields.filter((field) => values[field] !== undefined && !leftOut.has(field));
      const answer = await send(Object.fromEntries(asked.map((field) => [field, values[field]])));
      if (isSuccess(answer)) {
        for (const field of leftOut) this.#refused.add(field);
        return answer;
      }
      const refusal = read(answer);
      const field = this.#refusedIn(refusal, asked);
      const error = classifyAnswer(dialect, refusal);
      if (field === undefined || (error instanceof TextTooLongError && !this.#isNamedInCodes(refusal, field)))
        throw error;
      leftOut.add(field);
    }
  }

  /** What is too long may be answered with advice to truncate, or a number of dimensions. */
  #isNamedInCodes({ codes = '' }: Refusal, field: Field): boolean {
    return this.#named[field].field.test(codes);
  }

  #refusedIn({ status, message, shown = message, codes = '' }: Refusal, asked: readonly Field[]): Field | undefined {
    if (status < 400 || NOT_ABOUT_FIELDS.has(status)) return undefined;
    const said = `${shown} ${codes}`;
    const isNamed = (field: Field) => {
      const { field: anywhere, inFailure = anywhere } = this.#named[field];
      return anywhere.test(codes) || (status >= 500 ? inFailure : anywhere).test(said);
    };
    const named = this.#fields.filter(isNamed);
    if (named.length > 0) return named.find((field) => asked.includes(field));
    // It names none: the last costs least to do without.
    return status < 500 && UNKNOWN_FIELD.test(said) ? asked.at(-1) : undefined;
  }
}

export function isSuccess({ status }: JsonAnswer): boolean {
  return status >= 200 && status < 300;
}
