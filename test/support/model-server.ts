import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A received request for embeddings. */
export interface ModelRequest {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** The texts in `input`. */
  readonly texts: readonly string[];
}

export interface ModelAnswer {
  readonly status?: number;
  /** Strings are sent as they are, other values as JSON. */
  readonly body: unknown;
}

/** A server whose answers a test defines, for servers that the stand-in does not imitate. */
export interface ModelServer {
  readonly url: string;
  /** The requests for embeddings. */
  readonly requests: readonly ModelRequest[];
  stop(): Promise<void>;
}

/** @param answer answers a request for embeddings; undefined for a vector per text */
export async function startModelServer(
  answer: (request: ModelRequest) => ModelAnswer | undefined,
  { native = 8, other = () => ({ status: 404, body: {} }) }: ModelServerOptions = {},
): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const server = createServer((request, response) => {
    let sent = '';
    request.on('data', (chunk: Buffer) => (sent += chunk.toString()));
    request.on('end', () => {
      const path = request.url ?? '';
      const isEmbed = /\/embed(dings)?$/.test(path);
      const body = (sent === '' ? {} : JSON.parse(sent)) as Record<string, unknown>;
      const asked = { path, body, texts: (Array.isArray(body['input']) ? body['input'] : []) as string[] };
      if (isEmbed) requests.push(asked);
      const given: ModelAnswer = isEmbed ? (answer(asked) ?? vectors(asked, native)) : other(path);
      response.writeHead(given.status ?? 200);
      response.end(typeof given.body === 'string' ? given.body : JSON.stringify(given.body));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export interface ModelServerOptions {
  /** The model's dimensions. A request may ask for fewer. */
  readonly native?: number;
  /** Answers other requests, such as the list of models. */
  readonly other?: (path: string) => ModelAnswer;
}

/** The vector of a text, which depends on its length, so that a part and the whole differ. */
export function vectorOf(text: string, dimensions: number): number[] {
  const vector = Array.from({ length: dimensions }, (_, i) => Math.sin((text.length % 97) + i) + 0.1);
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
}

function vectors({ path, body, texts }: ModelRequest, native: number): ModelAnswer {
  const { dimensions = native } = body;
  const embeddings = texts.map((text) => vectorOf(text, Math.min(native, Number(dimensions))));
  return path.endsWith('/embed')
    ? { body: { embeddings } }
    : { body: { data: embeddings.map((embedding, index) => ({ index, embedding })) } };
}
