import { SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { errorCode } from '../base/errors.js';

/** Set while traces are wanted; `tracing/` does it. */
let tracer: Tracer | undefined;

/** Has spans made by this tracer, or by none. */
export function traceWith(used: Tracer | undefined): void {
  tracer = used;
}

export function isTracing(): boolean {
  return tracer !== undefined;
}

/**
 * Runs a step of a batch as a span below that of its jobs, where traces are wanted; else it is a plain call. A span
 * tells how many blocks or texts it was about and how it failed, never a text or an error’s message.
 */
export function span<T>(name: string, blocks: number, work: () => Promise<T>): Promise<T> {
  if (tracer === undefined) return work();
  return tracer.startActiveSpan(name, { attributes: { 'embedding.blocks': blocks } }, async (active) => {
    try {
      return await work();
    } catch (error) {
      active.setStatus({ code: SpanStatusCode.ERROR });
      active.setAttribute('error.type', errorCode(error) ?? (error instanceof Error ? error.name : typeof error));
      throw error;
    } finally {
      active.end();
    }
  });
}
