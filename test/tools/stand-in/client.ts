import { request } from 'node:http';
import { startStandIn, type StandIn } from '../../../tools/stand-in/stand-in.js';
import type { StandInOptions } from '../../../tools/stand-in/options.js';

export const MODEL = 'qwen3-embedding:4b';

/** Runs a stand-in during a test. */
export async function withStandIn(options: Partial<StandInOptions>, test: (ollama: StandIn) => Promise<void>) {
  const ollama = await startStandIn(options);
  try {
    await test(ollama);
  } finally {
    await ollama.stop();
  }
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: { readonly [name: string]: unknown };
}

/** One request on its own connection. `json` is empty if the body is not JSON. */
export function call(
  url: string,
  method: string,
  path: string,
  body?: string | object,
  signal?: AbortSignal,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url + path, { method, agent: false, ...(signal && { signal }) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('aborted', () => reject(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parse(text) });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(typeof body === 'object' ? JSON.stringify(body) : body);
  });
}

function parse(text: string): Reply['json'] {
  try {
    return JSON.parse(text) as Reply['json'];
  } catch {
    return {};
  }
}

export function embed(ollama: { url: string }, input: unknown, more: object = {}, signal?: AbortSignal) {
  return call(ollama.url, 'POST', '/api/embed', { model: MODEL, input, ...more }, signal);
}

export function vectorsOf(reply: Reply): number[][] {
  return reply.json.embeddings as number[][];
}

/** The code of the error that a promise rejects with, or what it resolved to. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? error;
  }
}
