import type { TracingOptions } from './open-telemetry.js';
import { readTracing } from './settings.js';

/**
 * Starts tracing if OpenTelemetry's variables ask for it; otherwise nothing of its SDK is loaded. To be called before
 * pg-boss is created, which gets its tracer at that time.
 *
 * @returns a function that sends the remaining spans and stops
 * @throws ConfigurationError that names the variable
 */
export async function startTracing(options: TracingOptions): Promise<() => Promise<void>> {
  const sampling = readTracing(options.environment);
  if (sampling === undefined) return () => Promise.resolve();
  const { openTelemetry } = await import('./open-telemetry.js');
  return openTelemetry(sampling, options);
}
