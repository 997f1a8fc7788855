import { ConfigurationError } from '../../base/errors.js';

/** Of the traces that are begun here, how many are kept. */
export interface Sampling {
  /** Whether what enqueued a job decides about the job's trace, too. */
  readonly parentBased: boolean;
  /** 0 to 1. */
  readonly ratio: number;
}

const SAMPLERS = ['always_on', 'always_off', 'traceidratio'];
const ENDPOINTS = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
const PROTOCOLS = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'];

/**
 * What OpenTelemetry's own variables ask for, as far as it is ours to decide; the SDK reads the rest of them. Traces are
 * wanted where `OTEL_TRACES_EXPORTER` is `otlp`, or an endpoint is given and it is not `none`.
 *
 * @returns undefined where no traces are wanted
 * @throws ConfigurationError that names the variable, never with a URL's value, which may hold a secret
 */
export function readTracing(environment: NodeJS.ProcessEnv): Sampling | undefined {
  const given = (name: string) => environment[name]?.trim() ?? '';
  const first = (names: readonly string[]) => names.find((name) => given(name) !== '') ?? '';
  const exporter = given('OTEL_TRACES_EXPORTER');
  const endpoint = first(ENDPOINTS);
  if (given('OTEL_SDK_DISABLED').toLowerCase() === 'true' || exporter === 'none') return undefined;
  if (exporter === '' && endpoint === '') return undefined;
  if (exporter !== '' && exporter !== 'otlp')
    refuse('OTEL_TRACES_EXPORTER', `"${exporter}" is not known: otlp or none`);
  if (endpoint !== '' && !isHttpUrl(given(endpoint))) refuse(endpoint, 'is not an http:// or https:// URL');
  const protocol = first(PROTOCOLS);
  // Whatever takes protobuf over HTTP takes JSON at the same address.
  if (protocol !== '' && !given(protocol).startsWith('http/')) {
    refuse(protocol, `"${given(protocol)}" is not spoken here: http/json, and an endpoint that takes it (port 4318)`);
  }
  return readSampling(given('OTEL_TRACES_SAMPLER') || 'parentbased_always_on', given('OTEL_TRACES_SAMPLER_ARG') || '1');
}

function readSampling(sampler: string, argument: string): Sampling {
  const parentBased = sampler.startsWith('parentbased_');
  const root = sampler.replace(/^parentbased_/, '');
  if (!SAMPLERS.includes(root)) {
    refuse('OTEL_TRACES_SAMPLER', `"${sampler}" is not known: ${SAMPLERS.join(', ')}, each also after parentbased_`);
  }
  const ratio = Number(argument);
  if (!(ratio >= 0 && ratio <= 1)) refuse('OTEL_TRACES_SAMPLER_ARG', `"${argument}" is not a number from 0 to 1`);
  return { parentBased, ratio: root === 'traceidratio' ? ratio : root === 'always_on' ? 1 : 0 };
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

function refuse(variable: string, what: string): never {
  throw new ConfigurationError('CONFIGURATION', `${variable}: ${what}`);
}
