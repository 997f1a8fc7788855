import { isObject } from './is-object.js';
import { parseJson } from './json-client.js';

/** What the body of an error response says. */
export interface ErrorBody {
  readonly message: string;
  /** Error codes and types, and the names of fields that no message belongs to. */
  readonly codes: string;
}

const NO_MESSAGE = 'no message';

/** Keys of messages. */
const MESSAGES = new Set([
  ...['error', 'errors', 'message', 'msg', 'detail', 'details', 'title', 'reason', 'description'],
  ...['error_description', 'error_message', 'errorMessage'],
]);
/** Keys of error codes and types, and of the request field in question. */
const CODES = ['code', 'type', 'param', 'error_type', 'status', 'reason'];
/** Other keys that name the request field in question. */
const FIELDS = ['loc', 'field', 'path', 'instancePath', 'parameter', 'property', 'argument', 'pointer', 'source'];
/** Keys under which servers repeat the request or a part of it. */
const REQUEST = /^(inputs?|input_.*|texts?|documents?|prompts?|.*values?|received|given|body|request|query)$/i;

/** Deeper than servers nest the errors of other servers. */
const MAX_DEPTH = 10;
/** Enough from a list with one error per text. */
const MAX_MESSAGES = 20;
/** A server may repeat megabytes of the request. Its own words come before or after them. */
const MAX_HALF_LENGTH = 10_000;

/**
 * Reads an error body of any shape: OpenAI's `{"error": {"message", "type", "code", "param"}}`, the same without the outer
 * object (vLLM, TEI), `{"error": "…"}` (Ollama, TEI), FastAPI's `{"detail": [{"loc", "msg", "type", "input"}]}`, that within
 * `{"message": …}` (Mistral), a list (Gemini), JSON within a string (proxies), and an HTML page or plain text (nginx, Go).
 * Skips keys whose name says that they repeat the request.
 */
export function readErrorBody(bytes: Buffer): ErrorBody {
  const body = parseJson(bytes);
  return body === undefined ? { message: pageText(bytes.toString()), codes: '' } : readErrorValue(body);
}

/** @param body parsed JSON */
export function readErrorValue(body: unknown): ErrorBody {
  const reader = new ErrorReader();
  reader.read(body, { depth: 0, field: '', isMessage: false });
  return reader.result;
}

interface Context {
  readonly depth: number;
  /** The request field that the error is about; empty if none is named. */
  readonly field: string;
  /** Whether a string is a message. */
  readonly isMessage: boolean;
}

class ErrorReader {
  readonly #messages = new Set<string>();
  readonly #codes = new Set<string>();

  get result(): ErrorBody {
    return { message: [...this.#messages].join('; ') || NO_MESSAGE, codes: [...this.#codes].join(' ') };
  }

  read(value: unknown, context: Context): void {
    if (context.depth > MAX_DEPTH || this.#messages.size >= MAX_MESSAGES) return;
    const deeper = { ...context, depth: context.depth + 1 };
    if (Array.isArray(value)) for (const item of value) this.read(item, deeper);
    else if (isObject(value)) this.#readObject(value, deeper);
    else if (typeof value === 'string' && context.isMessage) this.#readText(value, deeper);
  }

  #readObject(object: Readonly<Record<string, unknown>>, { depth, field: outer }: Context): void {
    const field = FIELDS.map((key) => fieldIn(object, key)).find((name) => name !== '') ?? outer;
    for (const key of CODES) {
      const code = object[key];
      if (typeof code === 'string' && code !== '') this.#codes.add(code);
    }
    const before = this.#messages.size;
    for (const [key, value] of Object.entries(object)) {
      if (MESSAGES.has(key)) this.read(value, { depth, field, isMessage: true });
      else if (FIELDS.includes(key) || REQUEST.test(key)) continue;
      // `{"errors": {"dimensions": ["is not allowed"]}}`: the key is the field.
      else if (isListOfStrings(value)) this.read(value, { depth, field: key, isMessage: true });
      else this.read(value, { depth, field, isMessage: false });
    }
    if (field !== outer && this.#messages.size === before) this.#codes.add(field);
  }

  #readText(text: string, { depth, field }: Context): void {
    const trimmed = text.trim();
    if (trimmed === '') return;
    const inner = /^[[{]/.test(trimmed) ? parseJson(Buffer.from(trimmed)) : undefined;
    if (inner !== undefined) return this.read(inner, { depth, field, isMessage: true });
    const kept = withoutMiddle(trimmed);
    this.#messages.add(field === '' ? kept : `${field}: ${kept}`);
  }
}

function fieldIn(object: Readonly<Record<string, unknown>>, key: string): string {
  const name = nameOf(object[key]);
  if (key === 'source' && !isObject(object[key])) return '';
  return /\/embed(dings)?$/.test(name) ? '' : name; // the request's path
}

/** A field's name: a string, a path (`["body", "dimensions"]`), or within an object (JSON:API's `source`). */
function nameOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.filter((part) => ['string', 'number'].includes(typeof part)).join('.');
  return isObject(value) ? nameOf(value['pointer'] ?? value['parameter']) : '';
}

function isListOfStrings(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
}

/** The text of an HTML page or of plain text: a page's title if it has one, otherwise all of its words. */
function pageText(page: string): string {
  const kept = withoutMiddle(page);
  const [, title] = /<title>([^<]*)<\/title>/i.exec(kept) ?? [];
  const text = title ?? kept.replace(/<[^<>]*>/g, ' ');
  return text.replace(/\s+/g, ' ').trim() || NO_MESSAGE;
}

function withoutMiddle(text: string): string {
  return text.length <= 2 * MAX_HALF_LENGTH
    ? text
    : `${text.slice(0, MAX_HALF_LENGTH)} … ${text.slice(-MAX_HALF_LENGTH)}`;
}

/** OpenAI's masked keys, and Pydantic's input, which is in Python's escapes. */
const QUOTES: readonly [RegExp, string][] = [
  [/\b(?:sk|pk)-[\w*.-]+/g, '***'],
  [/(['"]input['"]\s*:|input_value=)[^]*/, '$1 […]'],
];

/** Removes what servers are known to quote and `redact` does not find. */
export function withoutQuotes(message: string): string {
  return QUOTES.reduce((kept, [pattern, shown]) => kept.replace(pattern, shown), message);
}
