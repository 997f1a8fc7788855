import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Effect } from './effect.js';
import { unlessHungUp } from './hang-up.js';
import { HungUp } from './refusal.js';

/** An HTTP answer. */
export interface Answer {
  readonly status: number;
  /** Buffers are sent one after another. */
  readonly body: string | readonly Buffer[];
  readonly headers?: Readonly<Record<string, string>>;
}

export const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
export const TEXT_TYPE = { 'content-type': 'text/plain; charset=utf-8' };

export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, body: JSON.stringify(value), headers: JSON_TYPE };
}

/** A signal that aborts when the client hangs up before it has its answer. */
export function hangUpSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** @throws HungUp if the client hangs up first */
export function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks).toString()));
    request.on('error', () => reject(new HungUp()));
    request.on('close', () => reject(new HungUp()));
  });
}

/** Sends a complete answer. */
export function send(response: ServerResponse, answer: Answer): void {
  const parts = partsOf(answer); // Node would join a string to the headers and copy it twice more
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  response.writeHead(answer.status, { ...answer.headers, 'content-length': length });
  for (const part of parts) response.write(part);
  response.end();
}

export function bytesOf(answer: Answer): Buffer {
  return Buffer.concat(partsOf(answer));
}

function partsOf({ body }: Answer): readonly Buffer[] {
  return typeof body === 'string' ? [Buffer.from(body)] : body;
}

/**
 * Sends headers for the whole answer and the first half of its body. Then it resets the connection, or sends the rest once
 * released.
 *
 * @returns whether the client got the whole answer
 * @throws HungUp
 */
export async function sendHalf(
  response: ServerResponse,
  answer: Answer,
  effect: Effect & { kind: 'drop' | 'hang' },
  released: Promise<void>,
  signal: AbortSignal,
): Promise<boolean> {
  const bytes = bytesOf(answer);
  const middle = Math.floor(bytes.length / 2);
  response.writeHead(answer.status, { ...answer.headers, 'content-length': bytes.length });
  await unlessHungUp(new Promise((resolve) => response.write(bytes.subarray(0, middle), resolve)), signal);
  if (effect.kind === 'drop') {
    response.destroy();
    return false;
  }
  await unlessHungUp(released, signal);
  response.end(bytes.subarray(middle));
  return true;
}
