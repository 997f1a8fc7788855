import type { IncomingMessage } from 'node:http';
import type { RequestRecord } from './request-log.js';

/** A request that has been read, with the parts that fault rules, log and routes use. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Why the body is not a JSON object, in the words of Go, which Ollama is written in. */
  readonly bodyError: string | undefined;
  readonly model: string;
  readonly texts: readonly string[];
  readonly authorization: string | undefined;
}

/** The path without its query. */
export function pathOf(request: IncomingMessage): string {
  const [path = '/'] = (request.url ?? '/').split('?', 1);
  return path;
}

/** Parses a body as far as possible and notes the result in the record. */
export function readCall(record: RequestRecord, json: string, authorization: string | undefined): Call {
  const { body, error } = parseObject(json);
  const input = typeof body.input === 'string' ? [body.input] : Array.isArray(body.input) ? body.input : [];
  const texts = input.filter((text) => typeof text === 'string');
  const model = typeof body.model === 'string' ? body.model : '';
  if (model !== '') record.model = model;
  if (typeof body.dimensions === 'number') record.dimensions = body.dimensions;
  record.keepAlive = body.keep_alive;
  record.texts = texts.length;
  for (const text of texts) record.characters += text.length;
  return { method: record.method, path: record.path, body, bodyError: error, model, texts, authorization };
}

function parseObject(json: string): { body: Readonly<Record<string, unknown>>; error: string | undefined } {
  if (json === '') return { body: {}, error: 'missing request body' };
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { body: value as Record<string, unknown>, error: undefined };
    }
    return { body: {}, error: 'json: cannot unmarshal into Go value of type api.EmbedRequest' };
  } catch {
    return { body: {}, error: 'invalid character in JSON' };
  }
}
