import type { ClientRequest } from 'node:http';
import type { Request, Response } from 'got';
import { freeBuffer } from '../base/free-buffer.js';
import { ResponseTooLargeError } from './transport-error.js';

/** A thousand vectors of 2,560 dimensions are 26 MB. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;

export interface JsonResponse {
  readonly status: number;
  /** As received, in memory of its own. */
  readonly bytes: Buffer<ArrayBuffer>;
  readonly retryAfter: string | undefined;
}

/**
 * Reads a response from got's stream. got's promises parse what we parse ourselves and leave what they read to the garbage
 * collector: 0.1 ms of CPU for a request of 10 texts.
 *
 * @throws got's error; its cause is a ResponseTooLargeError if the response is too large
 */
export async function readResponse(stream: Request): Promise<JsonResponse> {
  const chunks: Buffer<ArrayBuffer>[] = [];
  let size = 0;
  const ended = Promise.withResolvers<undefined>();
  let cancel: ((error: Error) => void) | undefined;
  const limit = (bytes: number) => {
    if (bytes > MAX_RESPONSE_BYTES) cancel?.(new ResponseTooLargeError(MAX_RESPONSE_BYTES));
  };
  stream
    .once('request', (request: ClientRequest) => (cancel = (error) => request.destroy(error)))
    .once('response', ({ headers }: Response) => {
      limit(Number(headers['content-length'] ?? 0));
    })
    .on('data', (chunk: Buffer<ArrayBuffer>) => {
      chunks.push(chunk);
      size += chunk.byteLength;
      limit(size);
    })
    .once('end', () => {
      ended.resolve(undefined);
    })
    .once('error', ended.reject);
  await ended.promise;
  const { response } = stream;
  if (response === undefined) throw new Error('the response ended before it began');
  const { statusCode: status, headers } = response;
  return { status, bytes: concatenate(chunks), retryAfter: headers['retry-after'] };
}

function concatenate(chunks: readonly Buffer<ArrayBuffer>[]): Buffer<ArrayBuffer> {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const bytes = Buffer.concat(chunks);
  for (const chunk of chunks) freeBuffer(chunk);
  return bytes;
}
