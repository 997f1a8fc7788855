import { BRAIN_NAMES, type Brain, type BrainName } from './brain.js';

/**
 * How Ollama's versions say that a text is too long (`truncate: false`), of which `llama-server` nests that server's
 * answer; and how OpenAI does.
 */
export const CONTEXT_ERRORS = {
  current: 'the input length exceeds the context length',
  older: 'input length exceeds maximum context length',
  oldest: 'input exceeds maximum context length',
  'llama-server':
    '{"error":{"code":400,"message":"request is larger than the available context size, try increasing it",' +
    '"type":"exceed_context_size_error"}}',
  openai:
    "This model's maximum context length is 8192 tokens, however you requested 9000 tokens (9000 in your prompt; " +
    '0 for the completion). Please reduce your prompt; or completion length.',
} as const;
export type ContextErrorWording = keyof typeof CONTEXT_ERRORS;

/** Everything a stand-in can be told. Times are milliseconds, sizes tokens or entries. */
export interface StandInOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** A second listener for `/stand-in/…` alone, which stays up when the first refuses connections; 0 takes a free one. */
  readonly controlPort: number | undefined;

  readonly brain: BrainName | Brain;
  /** What the model claims and gives without `dimensions`; the deterministic brain only. */
  readonly nativeDimensions: number | undefined;
  /** The model that embeds, and one that cannot. */
  readonly model: string;
  readonly chatModel: string;
  readonly architecture: string;
  readonly version: string;

  /** Cost of a request, plus that of each text in it. */
  readonly requestMs: number;
  readonly textMs: number;
  readonly loadMs: number;
  /** Requests embedded at once; 1 is Ollama, `Infinity` a server bound by latency alone. */
  readonly parallel: number;
  /** Requests that may wait; one more is answered 503. */
  readonly maxQueue: number;

  readonly contextTokens: number;
  readonly contextError: ContextErrorWording;
  /** As Ollama before 0.11.11: `dimensions` is not looked at. */
  readonly ignoreDimensions: boolean;

  /** As vLLM for most models: `dimensions` is refused. This and what follows are of `/v1/` alone. */
  readonly refuseDimensions: boolean;
  /** As servers that know of floats only. */
  readonly ignoreBase64: boolean;
  /** Texts that a request may hold; 32 is TEI's. */
  readonly maxBatch: number;
  /** Answers in reverse order, which the indexes tell. */
  readonly reverse: boolean;
  /** Asked for as a bearer token. */
  readonly apiKey: string | undefined;

  /** Requests remembered. */
  readonly logSize: number;
  readonly recordTexts: boolean;
  /** Of the random choices of fault rules. */
  readonly seed: number;
}

export const DEFAULT_OPTIONS: StandInOptions = {
  host: '127.0.0.1',
  port: 0,
  controlPort: undefined,
  brain: 'deterministic',
  nativeDimensions: undefined,
  model: 'qwen3-embedding:4b',
  chatModel: 'llama3.2:3b',
  architecture: 'qwen3',
  version: '0.33.0',
  requestMs: 0,
  textMs: 0,
  loadMs: 0,
  parallel: 1,
  maxQueue: 512,
  contextTokens: 32_768,
  contextError: 'current',
  ignoreDimensions: false,
  refuseDimensions: false,
  ignoreBase64: false,
  maxBatch: Infinity,
  reverse: false,
  apiKey: undefined,
  logSize: 10_000,
  recordTexts: false,
  seed: 1,
};

/**
 * Fills in the defaults and checks the values.
 *
 * @throws RangeError naming the option
 */
export function resolveOptions(given: Partial<StandInOptions>): StandInOptions {
  const options = { ...DEFAULT_OPTIONS, ...given };
  for (const name of ['requestMs', 'textMs', 'loadMs', 'maxQueue', 'logSize'] as const) {
    if (!(options[name] >= 0)) throw new RangeError(`${name}: ${options[name]} is not a number from 0 up`);
  }
  for (const name of ['parallel', 'maxBatch', 'contextTokens', 'nativeDimensions'] as const) {
    const value = options[name];
    if (value !== undefined && !(value >= 1)) throw new RangeError(`${name}: ${value} is not a number from 1 up`);
  }
  if (typeof options.brain === 'string' && !BRAIN_NAMES.includes(options.brain)) {
    throw new RangeError(`brain: "${options.brain}" is none of ${BRAIN_NAMES.join(', ')}`);
  }
  if (!Object.hasOwn(CONTEXT_ERRORS, options.contextError)) {
    const known = Object.keys(CONTEXT_ERRORS).join(', ');
    throw new RangeError(`contextError: "${options.contextError}" is none of ${known}`);
  }
  return options;
}
