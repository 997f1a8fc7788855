import { isObject } from './is-object.js';

/** What a server says in an answer that is not 2xx. */
export interface SaidRefusal {
  readonly message: string;
  /** Its codes, types and the names of fields, beside the message. */
  readonly codes: string;
}

const NO_MESSAGE: SaidRefusal = { message: 'no message', codes: '' };

/**
 * Reads the error of any server that has OpenAI's API: `{"error": {"message", "type", "code", "param"}}`, the same
 * without the outer object (vLLM before 0.10, TEI), `{"error": "…", "error_type": "…"}` (TEI), `{"detail": …}` (FastAPI).
 *
 * @param body of the answer, parsed; undefined where it is no JSON
 */
export function readRefusal(body: unknown): SaidRefusal {
  if (!isObject(body)) return NO_MESSAGE;
  const said = body['error'] ?? body['detail'] ?? body;
  // Of FastAPI's list: what each is about, but not its `input`, which is the request.
  if (Array.isArray(said)) {
    const parts = said.filter(isObject).map(({ loc, msg }) => `${[loc].flat().join('.')}: ${String(msg)}`);
    return { message: parts.join('; ') || NO_MESSAGE.message, codes: '' };
  }
  const from = isObject(said) ? said : body;
  const message = isObject(said) ? said['message'] : said;
  const codes = [from['code'], from['type'], from['param'], from['error_type']];
  return {
    message: typeof message === 'string' && message !== '' ? message : NO_MESSAGE.message,
    codes: codes.filter((code) => typeof code === 'string').join(' '),
  };
}

/** Masked keys, as OpenAI shows those of its own; and what Pydantic was given, in Python's escapes. */
const QUOTED: readonly [RegExp, string][] = [
  [/\b(?:sk|pk)-[\w*.-]+/g, '***'],
  [/(['"]input['"]\s*:|input_value=)[^]*/, '$1 […]'],
];

/** A message without what servers of this kind are known to quote, beside what `redact` finds by itself. */
export function withoutQuotes(message: string): string {
  return QUOTED.reduce((kept, [pattern, shown]) => kept.replace(pattern, shown), message);
}
