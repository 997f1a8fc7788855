import type { Effect } from './effect.js';
import { CONTEXT_ERRORS } from './options.js';

/**
 * What a fault looks like: `outage` ends by itself, `operator` has to be fixed by a person, `answer` is a 200 with a wrong
 * body, `text` is caused by the text (give the rule a `text` to match).
 */
export type FaultCategory = 'outage' | 'operator' | 'answer' | 'text';

export interface FaultPreset {
  readonly category: FaultCategory;
  /** Paths that it affects, unless the rule names others; all paths if absent. */
  readonly endpoint?: readonly string[];
  readonly effect: Effect;
}

const EMBED = ['/api/embed', '/v1/embeddings'];
const RUNNER = 'http://127.0.0.1:40637';

const outage = (effect: Effect): FaultPreset => ({ category: 'outage', effect });
const outageOfEmbed = (effect: Effect): FaultPreset => ({ category: 'outage', endpoint: EMBED, effect });
const operator = (effect: Effect): FaultPreset => ({ category: 'operator', effect });
const answer = (effect: Effect): FaultPreset => ({ category: 'answer', endpoint: EMBED, effect });
const text = (status: number, error: string): FaultPreset => ({
  category: 'text',
  endpoint: EMBED,
  effect: { kind: 'status', status, error },
});
const crash = (error: string): FaultPreset => outageOfEmbed({ kind: 'crash', error });
const proxy = (status: number, title: string, headers?: Record<string, string>): FaultPreset =>
  outage({
    kind: 'status',
    status,
    body: `<html><head><title>${status} ${title}</title></head><body><h1>${title}</h1></body></html>`,
    headers: { 'content-type': 'text/html', ...headers },
  });

/** All presets by name. The messages are those of Ollama 0.33 and older versions, or a proxy's. */
export const FAULT_PRESETS = {
  refuse: outage({ kind: 'refuse' }),
  'drop-on-arrival': outage({ kind: 'drop', when: 'on-arrival' }),
  'drop-after-reading': outage({ kind: 'drop', when: 'after-reading' }),
  'drop-mid-answer': outage({ kind: 'drop', when: 'mid-answer' }),
  hang: outage({ kind: 'hang', when: 'before-answer' }),
  'hang-mid-answer': outageOfEmbed({ kind: 'hang', when: 'mid-answer' }),
  slow: outageOfEmbed({ kind: 'delay', ms: 2_000 }),

  'request-timeout': proxy(408, 'Request Timeout'),
  'too-early': proxy(425, 'Too Early'),
  'rate-limited': proxy(429, 'Too Many Requests', { 'retry-after': '1' }),
  'server-error': outageOfEmbed({ kind: 'status', status: 500, error: 'internal server error' }),
  'load-failed': outageOfEmbed({
    kind: 'status',
    status: 500,
    error: 'llama runner process has terminated: exit status 2',
  }),
  'bad-gateway': proxy(502, 'Bad Gateway'),
  busy: outageOfEmbed({
    kind: 'status',
    status: 503,
    error: 'server busy, please try again.  maximum pending requests exceeded',
  }),
  unavailable: proxy(503, 'Service Temporarily Unavailable', { 'retry-after': '1' }),
  'gateway-timeout': proxy(504, 'Gateway Time-out'),

  'crash-eof': crash(`do embedding request: Post "${RUNNER}/embedding": EOF`),
  'crash-refused': crash(
    `do embedding request: Post "${RUNNER}/embedding": dial tcp 127.0.0.1:40637: connect: connection refused`,
  ),
  'crash-gone': crash('llama runner process no longer running: 2'),
  'crash-health': crash(
    `health resp: Get "${RUNNER}/health": dial tcp 127.0.0.1:40637: connect: cannot assign address`,
  ),
  'crash-status': crash('unexpected server status: llm server error'),

  'no-model': operator({ kind: 'no-model' }),
  'not-an-embedder': {
    category: 'operator',
    endpoint: EMBED,
    effect: { kind: 'status', status: 501, error: 'this model does not support embeddings' },
  },
  quota: operator({
    kind: 'status',
    status: 429,
    error: 'You exceeded your current quota, please check your plan and billing details.',
    code: 'insufficient_quota',
  }),
  unauthorized: operator({ kind: 'status', status: 401, error: 'unauthorized' }),
  forbidden: operator({ kind: 'status', status: 403, error: 'forbidden' }),
  'not-found': operator({
    kind: 'status',
    status: 404,
    body: '404 page not found',
    headers: { 'content-type': 'text/plain' },
  }),

  garbage: answer({ kind: 'garbage', body: '<html><body>Welcome to nginx!</body></html>' }),
  'empty-body': answer({ kind: 'garbage', body: '' }),
  'other-json': answer({ kind: 'garbage', body: '{"embedding":"yes"}' }),
  'truncated-json': answer({ kind: 'truncate' }),
  'no-vectors': answer({ kind: 'vectors', change: 'none-at-all' }),
  'too-few-vectors': answer({ kind: 'vectors', change: 'too-few' }),
  'too-many-vectors': answer({ kind: 'vectors', change: 'too-many' }),
  'wrong-dimension': answer({ kind: 'vectors', change: 'wrong-dimension' }),
  'zero-vectors': answer({ kind: 'vectors', change: 'zero' }),
  unnormalised: answer({ kind: 'vectors', change: 'unnormalised' }),
  'null-value': answer({ kind: 'vectors', change: 'null-value' }),
  'nan-literal': answer({ kind: 'vectors', change: 'nan-literal' }),
  'infinite-value': answer({ kind: 'vectors', change: 'infinite-value' }),
  /** No client can notice this one. It proves that a check of stored vectors does. */
  reordered: answer({ kind: 'vectors', change: 'reordered' }),

  nan: text(400, 'embedding contains NaN or Inf values'),
  'nan-old': text(500, 'json: unsupported value: NaN'),
  'context-length': text(400, CONTEXT_ERRORS.current),
  'context-length-older': text(400, CONTEXT_ERRORS.older),
  'context-length-oldest': text(400, CONTEXT_ERRORS.oldest),
  poison: text(400, 'the input cannot be embedded'),
} as const satisfies Record<string, FaultPreset>;

export type FaultPresetName = keyof typeof FAULT_PRESETS;

/** Names of all presets, or of those in one category. */
export function presetNames(category?: FaultCategory): FaultPresetName[] {
  const names = Object.keys(FAULT_PRESETS) as FaultPresetName[];
  return category === undefined ? names : names.filter((name) => FAULT_PRESETS[name].category === category);
}
