import { SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { errorCode } from '../base/errors.js';

/** Set by `monitoring/tracing` while tracing is on. */
let tracer: Tracer | undefined;

/** Sets the tracer for spans; undefined turns tracing off. */
export function traceWith(newTracer: Tracer | undefined): void {
  tracer = newTracer;
}

export function isTracing(): boolean {
  return tracer !== undefined;
}

/**
 * Runs a step of a batch in a span below that of its jobs. Without tracing it is a plain call. A span holds the number of
 * blocks or texts and the type of a failure, never a text or an error’s message.
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
