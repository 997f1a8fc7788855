import type { Effect } from './effect.js';
import { CONTEXT_ERRORS } from './options.js';

/**
 * Whose fault a preset looks like: `outage` passes by itself, `operator` needs somebody to mend it, `answer` is a 200 that
 * must not be believed, `text` lies with the text (give the rule a `text` to match).
 */
export type FaultNature = 'outage' | 'operator' | 'answer' | 'text';

export interface FaultPreset {
  readonly nature: FaultNature;
  /** Where it strikes unless the rule says otherwise; everywhere where absent. */
  readonly endpoint?: readonly string[];
  readonly effect: Effect;
}

const EMBED = ['/api/embed', '/v1/embeddings'];
const RUNNER = 'http://127.0.0.1:40637';

const outage = (effect: Effect): FaultPreset => ({ nature: 'outage', effect });
const outageOfEmbed = (effect: Effect): FaultPreset => ({ nature: 'outage', endpoint: EMBED, effect });
const operator = (effect: Effect): FaultPreset => ({ nature: 'operator', effect });
const answer = (effect: Effect): FaultPreset => ({ nature: 'answer', endpoint: EMBED, effect });
const text = (status: number, error: string): FaultPreset => ({
  nature: 'text',
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

/** Every fault by name. The messages are Ollama's (0.33 and the older ones told apart in facts.md), or a proxy's. */
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
    nature: 'operator',
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
  /** No client can see this one: it shows that a checker of stored vectors does. */
  reordered: answer({ kind: 'vectors', change: 'reordered' }),

  nan: text(400, 'embedding contains NaN or Inf values'),
  'nan-old': text(500, 'json: unsupported value: NaN'),
  'context-length': text(400, CONTEXT_ERRORS.current),
  'context-length-older': text(400, CONTEXT_ERRORS.older),
  'context-length-oldest': text(400, CONTEXT_ERRORS.oldest),
  poison: text(400, 'the input cannot be embedded'),
} as const satisfies Record<string, FaultPreset>;

export type FaultPresetName = keyof typeof FAULT_PRESETS;

/** Names of the presets, or of those of one nature. */
export function presetNames(nature?: FaultNature): FaultPresetName[] {
  const names = Object.keys(FAULT_PRESETS) as FaultPresetName[];
  return nature === undefined ? names : names.filter((name) => FAULT_PRESETS[name].nature === nature);
}
