import type { TracingOptions } from './open-telemetry.js';
import { readTracing } from './settings.js';

/**
 * Begins to trace, where OpenTelemetry's variables ask for it. Where they do not, nothing of its SDK is loaded. Before
 * pg-boss is made, which asks for its tracer then.
 *
 * @returns sends what is left, and ends it
 * @throws ConfigurationError that names the variable
 */
export async function startTracing(options: TracingOptions): Promise<() => Promise<void>> {
  const sampling = readTracing(options.environment);
  if (sampling === undefined) return () => Promise.resolve();
  const { openTelemetry } = await import('./open-telemetry.js');
  return openTelemetry(sampling, options);
}
