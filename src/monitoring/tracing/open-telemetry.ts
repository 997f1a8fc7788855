import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { setGlobalErrorHandler, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { LogLimit } from '../../telemetry/log-limit.js';
import type { Logger } from '../../telemetry/logger.js';
import { traceWith } from '../../telemetry/span.js';
import type { Sampling } from './settings.js';

export interface TracingOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly version: string;
  /** Names this process among its replicas. */
  readonly instance: string;
  readonly log: Logger;
}

/** Spans that wait to be sent, 1 kB each; the process has 256 MiB. Further spans are dropped. */
const MAX_QUEUED = 2_048;
const LOG_INTERVAL_MS = 60_000;
/** An unreachable collector must not delay shutdown; the exporter's own default is 10 s. */
const EXPORT_TIMEOUT_MS = 2_000;
const TIMEOUT_VARIABLES = ['OTEL_EXPORTER_OTLP_TIMEOUT', 'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT'];

/**
 * Sends spans as JSON over HTTP, in batches every 5 s, to the endpoint in the exporter's variables.
 *
 * @returns a function that sends the remaining spans and stops
 */
export function openTelemetry(
  sampling: Sampling,
  { environment, version, instance, log }: TracingOptions,
): () => Promise<void> {
  const logLimit = new LogLimit(LOG_INTERVAL_MS);
  setGlobalErrorHandler((error) => {
    logLimit.run(() => {
      // Only the code: the message may contain the collector's address, and with it credentials.
      log.warn('could not send traces; they are dropped', {
        code: typeof error === 'object' ? error.code : undefined,
      });
    });
  });
  const timeout = TIMEOUT_VARIABLES.some((name) => environment[name] !== undefined)
    ? {}
    : { timeoutMillis: EXPORT_TIMEOUT_MS };
  const root = new TraceIdRatioBasedSampler(sampling.ratio);
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(
        resourceFromAttributes({
          'service.name': 'embedding-worker',
          'service.version': version,
          'service.instance.id': instance,
        }),
      )
      .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] })),
    sampler: sampling.parentBased ? new ParentBasedSampler({ root }) : root,
    spanProcessors: [
      withoutMessages,
      new BatchSpanProcessor({ exporter: new OTLPTraceExporter(timeout), maxQueueSize: MAX_QUEUED }),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  traceWith(provider.getTracer('embedding-worker', version));
  log.info('tracing', { sampled: sampling.ratio });
  return async () => {
    traceWith(undefined);
    const late = new Promise<void>((resolve) => setTimeout(resolve, 2 * EXPORT_TIMEOUT_MS).unref());
    await Promise.race([provider.shutdown().catch(() => undefined), late]); // the error handler above has logged it
  };
}

/**
 * Removes error messages from spans before they are sent. pg-boss records the messages of all errors, and a database error
 * may repeat a block's text.
 */
const withoutMessages: SpanProcessor = {
  onStart: () => undefined,
  onEnd: (span: ReadableSpan) => {
    delete (span.status as { message?: string }).message;
    for (const { attributes } of span.events) {
      delete attributes?.['exception.message'];
      delete attributes?.['exception.stacktrace'];
    }
  },
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};
