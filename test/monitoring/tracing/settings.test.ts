import { readTracing } from '../../../src/monitoring/tracing/settings.js';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('the tracing settings', () => {
  it.each([
    ['no variable', {}],
    ['an empty endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    ['an endpoint and no exporter', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
    ['an endpoint and the SDK disabled', { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' }],
  ])('turn tracing off with %s', (_, environment) => {
    expect(readTracing(environment)).toBeUndefined();
  });

  it.each([
    ['an endpoint', ENDPOINT, { parentBased: true, ratio: 1 }],
    [
      'an endpoint for traces',
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector/x' },
      { parentBased: true, ratio: 1 },
    ],
    ['the exporter', { OTEL_TRACES_EXPORTER: 'otlp' }, { parentBased: true, ratio: 1 }],
    [
      'protobuf over HTTP',
      { ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' },
      { parentBased: true, ratio: 1 },
    ],
    [
      'a ratio',
      { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' },
      { parentBased: true, ratio: 0.25 },
    ],
    ['a ratio of its own', { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'traceidratio' }, { parentBased: false, ratio: 1 }],
    ['the sampler always_off', { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'always_off' }, { parentBased: false, ratio: 0 }],
  ])('turn tracing on with %s', (_, environment, sampling) => {
    expect(readTracing(environment)).toEqual(sampling);
  });

  it.each([
    [{ OTEL_TRACES_EXPORTER: 'console' }, 'OTEL_TRACES_EXPORTER: "console" is not supported: give otlp or none'],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'user:secret@collector' },
      'OTEL_EXPORTER_OTLP_ENDPOINT: is not an http:// or https:// URL',
    ],
    [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" is not supported'],
    [{ ...ENDPOINT, OTEL_TRACES_SAMPLER: 'some' }, 'OTEL_TRACES_SAMPLER: "some" is not supported'],
    [
      { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' },
      'OTEL_TRACES_SAMPLER_ARG: "2" is not a number from 0 to 1',
    ],
  ])('reject %j and name the variable', (environment, message) => {
    expect(() => readTracing(environment)).toThrow(message);
  });
});
