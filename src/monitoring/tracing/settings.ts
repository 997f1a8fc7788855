import { ConfigurationError } from '../../base/errors.js';

/** How many of the traces that start here are kept. */
export interface Sampling {
  /** Whether the decision made when a job was enqueued also applies to its trace. */
  readonly parentBased: boolean;
  /** 0 to 1. */
  readonly ratio: number;
}

const SAMPLERS = ['always_on', 'always_off', 'traceidratio'];
const ENDPOINTS = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
const PROTOCOLS = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'];

/**
 * Reads those of OpenTelemetry's variables that we must interpret; the SDK reads the others. Tracing is on if
 * `OTEL_TRACES_EXPORTER` is `otlp`, or if an endpoint is given and the exporter is not `none`.
 *
 * @returns undefined if tracing is off
 * @throws ConfigurationError that names the variable, but never the value of a URL, which may contain a secret
 */
export function readTracing(environment: NodeJS.ProcessEnv): Sampling | undefined {
  const given = (name: string) => environment[name]?.trim() ?? '';
  const first = (names: readonly string[]) => names.find((name) => given(name) !== '') ?? '';
  const exporter = given('OTEL_TRACES_EXPORTER');
  const endpoint = first(ENDPOINTS);
  if (given('OTEL_SDK_DISABLED').toLowerCase() === 'true' || exporter === 'none') return undefined;
  if (exporter === '' && endpoint === '') return undefined;
  if (exporter !== '' && exporter !== 'otlp')
    reject('OTEL_TRACES_EXPORTER', `"${exporter}" is not supported: give otlp or none`);
  if (endpoint !== '' && !isHttpUrl(given(endpoint))) reject(endpoint, 'is not an http:// or https:// URL');
  const protocol = first(PROTOCOLS);
  // Collectors that accept protobuf over HTTP accept JSON at the same address.
  if (protocol !== '' && !given(protocol).startsWith('http/')) {
    reject(
      protocol,
      `"${given(protocol)}" is not supported: give http/json, and an endpoint that accepts it (port 4318)`,
    );
  }
  return readSampling(given('OTEL_TRACES_SAMPLER') || 'parentbased_always_on', given('OTEL_TRACES_SAMPLER_ARG') || '1');
}

function readSampling(sampler: string, argument: string): Sampling {
  const parentBased = sampler.startsWith('parentbased_');
  const root = sampler.replace(/^parentbased_/, '');
  if (!SAMPLERS.includes(root)) {
    reject(
      'OTEL_TRACES_SAMPLER',
      `"${sampler}" is not supported: give ${SAMPLERS.join(', ')}, or one of them after parentbased_`,
    );
  }
  const ratio = Number(argument);
  if (!(ratio >= 0 && ratio <= 1)) reject('OTEL_TRACES_SAMPLER_ARG', `"${argument}" is not a number from 0 to 1`);
  return { parentBased, ratio: root === 'traceidratio' ? ratio : root === 'always_on' ? 1 : 0 };
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

function reject(variable: string, what: string): never {
  throw new ConfigurationError('CONFIGURATION', `${variable}: ${what}`);
}
