import { classifyResponse as classify } from '../../src/embedder/classify.js';
import {
  inputMayBeAtFault,
  ProviderMisconfiguredError,
  ProviderUnavailableError,
  TextRejectedError,
  TextTooLongError,
} from '../../src/embedder/errors.js';
import { OLLAMA } from '../../src/embedder/ollama-dialect.js';

const classifyResponse = (status: number, message: string, retryAfter?: string) =>
  classify(OLLAMA, { status, message, retryAfter });
const TOO_LARGE = 'too large to process. increase the physical batch size';
const RUNNER = 'do embedding request: Post "http://127.0.0.1:40637/embedding"';
const CRASHED = 'OLLAMA_RUNNER_CRASHED';

describe('an error response of Ollama', () => {
  it.each([
    [400, 'the input length exceeds the context length', TextTooLongError, 'OLLAMA_CONTEXT_LENGTH'],
    [400, 'input length exceeds maximum context length', TextTooLongError, 'OLLAMA_CONTEXT_LENGTH'],
    [400, 'input exceeds maximum context length', TextTooLongError, 'OLLAMA_CONTEXT_LENGTH'],
    [400, 'embedding contains NaN or Inf values', TextRejectedError, 'OLLAMA_NAN'],
    [500, 'json: unsupported value: NaN', TextRejectedError, 'OLLAMA_NAN'],
    [500, 'json: unsupported value: +Inf', TextRejectedError, 'OLLAMA_NAN'],
    [400, `${RUNNER}: EOF`, ProviderUnavailableError, 'OLLAMA_RUNNER_CRASHED'],
    [400, `${RUNNER}: dial tcp: connect: connection refused`, ProviderUnavailableError, 'OLLAMA_RUNNER_CRASHED'],
    [400, `${RUNNER}: read: connection reset by peer`, ProviderUnavailableError, 'OLLAMA_RUNNER_CRASHED'],
    [400, 'llama runner process no longer running: 2', ProviderUnavailableError, 'OLLAMA_RUNNER_CRASHED'],
    [400, 'health resp: Get "http://127.0.0.1/health"', ProviderUnavailableError, 'OLLAMA_RUNNER_CRASHED'],
    [400, 'unexpected server status: llm server error', ProviderUnavailableError, 'OLLAMA_RUNNER_CRASHED'],
    [400, `${RUNNER}: wsarecv: An existing connection was forcibly closed`, ProviderUnavailableError, CRASHED],
    [400, `${RUNNER}: dial tcp: No connection could be made: actively refused`, ProviderUnavailableError, CRASHED],
    [400, `${RUNNER}: write tcp: broken pipe`, ProviderUnavailableError, CRASHED],
    [400, `${RUNNER}: http: server closed idle connection`, ProviderUnavailableError, CRASHED],
    [400, 'llama runner process has terminated: exit status 2', ProviderUnavailableError, CRASHED],
    [400, 'model runner has unexpectedly stopped', ProviderUnavailableError, CRASHED],
    [400, 'timed out waiting for llama runner to start', ProviderUnavailableError, CRASHED],
    [400, 'an error was encountered while running the model: CUDA error', ProviderUnavailableError, CRASHED],
    [400, 'the input cannot be embedded', TextRejectedError, 'OLLAMA_REJECTED'],
    [422, 'unprocessable', TextRejectedError, 'OLLAMA_REJECTED'],
    [413, '413 Request Entity Too Large', TextTooLongError, 'OLLAMA_TOO_LARGE'],
    [413, 'no message', TextTooLongError, 'OLLAMA_TOO_LARGE'],
    [400, 'http: request body too large', TextTooLongError, 'OLLAMA_TOO_LARGE'],
    [400, `input (992 tokens) is ${TOO_LARGE} (current batch size: 512)`, TextTooLongError, 'OLLAMA_CONTEXT_LENGTH'],
    [500, `input is ${TOO_LARGE}`, TextTooLongError, 'OLLAMA_CONTEXT_LENGTH'],
    [400, 'request (600 tokens) exceeds the available context size', TextTooLongError, 'OLLAMA_CONTEXT_LENGTH'],
    [500, 'the input length exceeds the context length', TextTooLongError, 'OLLAMA_CONTEXT_LENGTH'],
    [401, 'unauthorized', ProviderMisconfiguredError, 'OLLAMA_UNAUTHORIZED'],
    [407, 'proxy authentication required', ProviderMisconfiguredError, 'OLLAMA_UNAUTHORIZED'],
    [403, 'forbidden', ProviderMisconfiguredError, 'OLLAMA_FORBIDDEN'],
    [404, 'model "x" not found, try pulling it first', ProviderMisconfiguredError, 'OLLAMA_MODEL_MISSING'],
    [404, 'no message', ProviderMisconfiguredError, 'OLLAMA_NOT_FOUND'],
    [501, 'this model does not support embeddings', ProviderMisconfiguredError, 'OLLAMA_MODEL_CANNOT_EMBED'],
    [400, '"qwen3:4b" does not support embeddings', ProviderMisconfiguredError, 'OLLAMA_MODEL_CANNOT_EMBED'],
    [500, 'this model does not support embeddings', ProviderMisconfiguredError, 'OLLAMA_MODEL_CANNOT_EMBED'],
    [408, '', ProviderUnavailableError, 'OLLAMA_TIMEOUT'],
    [425, '', ProviderUnavailableError, 'OLLAMA_TOO_EARLY'],
    [429, '', ProviderUnavailableError, 'OLLAMA_BUSY'],
    [503, 'server busy, please try again', ProviderUnavailableError, 'OLLAMA_BUSY'],
    [500, 'internal server error', ProviderUnavailableError, 'OLLAMA_SERVER_ERROR'],
    [502, '', ProviderUnavailableError, 'OLLAMA_SERVER_ERROR'],
    [504, '', ProviderUnavailableError, 'OLLAMA_SERVER_ERROR'],
    [599, '', ProviderUnavailableError, 'OLLAMA_SERVER_ERROR'],
    [302, '', ProviderUnavailableError, 'OLLAMA_UNEXPECTED_STATUS'],
  ])('%i "%s"', (status, message, type, code) => {
    const error = classifyResponse(status, message);
    expect(error).toBeInstanceOf(type);
    expect(error.code).toBe(code);
  });

  it.each([
    [408, '', false],
    [429, '', false],
    [503, '', false],
    [500, '', true],
    [400, 'EOF', true],
    [400, 'no', true],
    [401, '', false],
    [404, '', false],
  ])('%i "%s": whether the text may be at fault is %s', (status, message, expected) => {
    expect(inputMayBeAtFault(classifyResponse(status, message))).toBe(expected);
  });

  it.each([
    ['7', 7_000],
    ['0', undefined],
    ['-1', undefined],
    ['soon', undefined],
    [undefined, undefined],
  ])('with Retry-After %j sets the wait', (header, ms) => {
    expect(classifyResponse(503, '', header)).toMatchObject({ retryAfterMs: ms });
  });

  it.each([301, 302, 303, 307, 308])('that redirects (%i) has a fix: the address to use instead', (status) => {
    expect(classifyResponse(status, '').fix).toMatch(/^set PALDOCS_OLLAMA_URL to the address that it redirects to/);
  });

  it('with a date in Retry-After sets the wait', () => {
    const error = classifyResponse(429, '', new Date(Date.now() + 30_000).toUTCString());
    expect(error instanceof ProviderUnavailableError && error.retryAfterMs).toBeGreaterThan(25_000);
  });

  it('is repeated in part if it is long', () => {
    expect(classifyResponse(400, 'x'.repeat(10_000)).message.length).toBeLessThan(500);
  });
});
