import { isObject } from './is-object.js';
import { parseJson } from './json-client.js';

/** What a server says in an answer that is not 2xx. */
export interface SaidRefusal {
  readonly message: string;
  /** Its codes, types and the names of fields, beside the message. */
  readonly codes: string;
}

const NO_MESSAGE = 'no message';

/** Under these stands what is wrong. */
const SAYS = new Set([
  ...['error', 'errors', 'message', 'msg', 'detail', 'details', 'title', 'reason', 'description'],
  ...['error_description', 'error_message', 'errorMessage'],
]);
/** What kind of error it is, and which field of the request is meant. */
const KINDS = ['code', 'type', 'param', 'error_type', 'status', 'reason'];
/** Which field is meant, where that is not said under `param`. */
const PLACES = ['loc', 'field', 'path', 'instancePath', 'parameter', 'property', 'argument', 'pointer', 'source'];
/** What was sent, or a part of it. */
const REQUEST = /^(inputs?|input_.*|texts?|documents?|prompts?|.*values?|received|given|body|request|query)$/i;

/** Deeper than servers nest what other servers told them. */
const MAX_DEPTH = 10;
/** Of a list of errors, one for each text, the first tell enough. */
const MAX_MESSAGES = 20;
/** A server may repeat megabytes, and says what is wrong before or behind them. */
const LONGEST_HALF = 10_000;

/**
 * Reads what any server says, in any shape: OpenAI's `{"error": {"message", "type", "code", "param"}}`, the same without
 * the outer object (vLLM, TEI), `{"error": "…"}` (Ollama, TEI), FastAPI's `{"detail": [{"loc", "msg", "type", "input"}]}`,
 * that within `{"message": …}` (Mistral), a list (Gemini), JSON within a string (proxies), and a page of HTML or a plain
 * text (nginx, Go). What of the request is repeated is not read, as far as its name tells.
 */
export function readRefusal(bytes: Buffer): SaidRefusal {
  const body = parseJson(bytes);
  return body === undefined ? { message: pageText(bytes.toString()), codes: '' } : readRefusalIn(body);
}

/** @param body of the answer, parsed */
export function readRefusalIn(body: unknown): SaidRefusal {
  const said = new Said();
  said.read(body, { depth: 0, place: '', isMessage: false });
  return said.refusal;
}

interface Where {
  readonly depth: number;
  /** The field of the request that it is about; empty where none is named. */
  readonly place: string;
  /** Whether a text here says what is wrong. */
  readonly isMessage: boolean;
}

class Said {
  readonly #messages = new Set<string>();
  readonly #codes = new Set<string>();

  get refusal(): SaidRefusal {
    return { message: [...this.#messages].join('; ') || NO_MESSAGE, codes: [...this.#codes].join(' ') };
  }

  read(value: unknown, where: Where): void {
    if (where.depth > MAX_DEPTH || this.#messages.size >= MAX_MESSAGES) return;
    const deeper = { ...where, depth: where.depth + 1 };
    if (Array.isArray(value)) for (const item of value) this.read(item, deeper);
    else if (isObject(value)) this.#readObject(value, deeper);
    else if (typeof value === 'string' && where.isMessage) this.#readText(value, deeper);
  }

  #readObject(object: Readonly<Record<string, unknown>>, { depth, place: outer }: Where): void {
    const place = PLACES.map((key) => placeIn(object, key)).find((name) => name !== '') ?? outer;
    for (const key of KINDS) {
      const kind = object[key];
      if (typeof kind === 'string' && kind !== '') this.#codes.add(kind);
    }
    const before = this.#messages.size;
    for (const [key, value] of Object.entries(object)) {
      if (SAYS.has(key)) this.read(value, { depth, place, isMessage: true });
      else if (PLACES.includes(key) || REQUEST.test(key)) continue;
      // `{"errors": {"dimensions": ["is not allowed"]}}`: the key is the field.
      else if (isListOfTexts(value)) this.read(value, { depth, place: key, isMessage: true });
      else this.read(value, { depth, place, isMessage: false });
    }
    if (place !== outer && this.#messages.size === before) this.#codes.add(place);
  }

  #readText(text: string, { depth, place }: Where): void {
    const trimmed = text.trim();
    if (trimmed === '') return;
    const inner = /^[[{]/.test(trimmed) ? parseJson(Buffer.from(trimmed)) : undefined;
    if (inner !== undefined) return this.read(inner, { depth, place, isMessage: true });
    const kept = withoutMiddle(trimmed);
    this.#messages.add(place === '' ? kept : `${place}: ${kept}`);
  }
}

function placeIn(object: Readonly<Record<string, unknown>>, key: string): string {
  const name = nameOf(object[key]);
  if (key === 'source' && !isObject(object[key])) return '';
  return /\/embed(dings)?$/.test(name) ? '' : name; // the path that was asked
}

/** A field's name: a text, or its path (`["body", "dimensions"]`), or within an object (JSON:API's `source`). */
function nameOf(place: unknown): string {
  if (typeof place === 'string') return place;
  if (Array.isArray(place)) return place.filter((part) => ['string', 'number'].includes(typeof part)).join('.');
  return isObject(place) ? nameOf(place['pointer'] ?? place['parameter']) : '';
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
}

/** What a page or a plain text says: a page's title, else its words. */
function pageText(page: string): string {
  const kept = withoutMiddle(page);
  const [, title] = /<title>([^<]*)<\/title>/i.exec(kept) ?? [];
  const text = title ?? kept.replace(/<[^<>]*>/g, ' ');
  return text.replace(/\s+/g, ' ').trim() || NO_MESSAGE;
}

function withoutMiddle(text: string): string {
  return text.length <= 2 * LONGEST_HALF ? text : `${text.slice(0, LONGEST_HALF)} … ${text.slice(-LONGEST_HALF)}`;
}

/** Masked keys, as OpenAI shows those of its own; and what Pydantic was given, in Python's escapes. */
const QUOTED: readonly [RegExp, string][] = [
  [/\b(?:sk|pk)-[\w*.-]+/g, '***'],
  [/(['"]input['"]\s*:|input_value=)[^]*/, '$1 […]'],
];

/** A message without what servers are known to quote, beside what `redact` finds by itself. */
export function withoutQuotes(message: string): string {
  return QUOTED.reduce((kept, [pattern, shown]) => kept.replace(pattern, shown), message);
}
