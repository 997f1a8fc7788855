import { BRAIN_NAMES, type Brain, type BrainName } from './brain.js';
import { COST_NAMES, type Costs } from './costs.js';

/**
 * The errors of Ollama's versions for a text that is too long (with `truncate: false`), and that of OpenAI. `llama-server` is
 * that server's answer, which some versions of Ollama nest in their own.
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

/** All options of a stand-in. */
export interface StandInOptions extends Costs {
  readonly host: string;
  /** 0 for a free port. */
  readonly port: number;
  /** Port of a second listener, only for `/stand-in/…`, which stays up while the first refuses connections. 0 for a free port. */
  readonly controlPort: number | undefined;

  readonly brain: BrainName | Brain;
  /** The model's dimensions, used if a request gives none. For the deterministic brain only. */
  readonly nativeDimensions: number | undefined;
  /** Names of the embedding model, and of a model that cannot embed. */
  readonly model: string;
  readonly chatModel: string;
  readonly architecture: string;
  readonly version: string;

  /** Time to load the model. */
  readonly loadMs: number;
  /** Requests embedded at once: 1 like Ollama, `Infinity` for a server limited only by latency. */
  readonly parallel: number;
  /** Requests that may wait. Further ones are answered with 503. */
  readonly maxQueue: number;

  readonly contextTokens: number;
  readonly contextError: ContextErrorWording;
  /** Ignores `dimensions`, like Ollama before 0.11.11. */
  readonly ignoreDimensions: boolean;

  /** Rejects `dimensions`, like vLLM for most models. This and the next four options apply to `/v1/` only. */
  readonly refuseDimensions: boolean;
  /** Ignores `encoding_format: 'base64'`, like servers that know only floats. */
  readonly ignoreBase64: boolean;
  /** Maximum number of texts per request; 32 in TEI. */
  readonly maxBatch: number;
  /** Sends the vectors in reverse order, with matching indexes. */
  readonly reverse: boolean;
  /** Required as a bearer token. */
  readonly apiKey: string | undefined;

  /** How many requests the log keeps, and whether with their texts. */
  readonly logSize: number;
  readonly recordTexts: boolean;
  /** Seed of the fault rules' random choices. */
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
  textSquaredMs: 0,
  characterMs: 0,
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
  for (const name of [...COST_NAMES, 'loadMs', 'maxQueue', 'logSize'] as const) {
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
