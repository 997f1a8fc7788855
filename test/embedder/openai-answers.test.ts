import { classifyAnswer } from '../../src/embedder/classify.js';
import {
  ProviderMisconfiguredError,
  ProviderUnavailableError,
  TextRejectedError,
  TextTooLongError,
} from '../../src/embedder/errors.js';
import { OPENAI } from '../../src/embedder/openai-dialect.js';

describe('an answer of an OpenAI-compatible server', () => {
  it.each<[string, number, string, string, abstract new (...args: never[]) => Error, string]>([
    [
      'OpenAI',
      400,
      "This model's maximum context length is 8192 tokens, however you requested 9000 tokens",
      '',
      TextTooLongError,
      'OPENAI_CONTEXT_LENGTH',
    ],
    [
      'OpenAI',
      400,
      "Invalid 'input': maximum request size is 300000 tokens per request.",
      'max_tokens_per_request',
      TextTooLongError,
      'OPENAI_TOO_LARGE',
    ],
    [
      'OpenAI',
      400,
      "Invalid 'input': array too long. Expected an array with maximum length 2048",
      'array_above_max_length',
      TextTooLongError,
      'OPENAI_TOO_LARGE',
    ],
    [
      'vLLM',
      400,
      'The decoder prompt (length 9000) is longer than the maximum model length of 8192.',
      'BadRequestError',
      TextTooLongError,
      'OPENAI_CONTEXT_LENGTH',
    ],
    [
      'TEI',
      413,
      'Input validation error: `inputs` must have less than 512 tokens. Given: 600',
      'Validation',
      TextTooLongError,
      'OPENAI_CONTEXT_LENGTH',
    ],
    ['TEI', 422, 'batch size 33 > maximum allowed batch size 32', 'Validation', TextTooLongError, 'OPENAI_TOO_LARGE'],
    [
      'llama.cpp',
      500,
      'input (992 tokens) is too large to process. increase the physical batch size (current batch size: 512)',
      'server_error',
      TextTooLongError,
      'OPENAI_CONTEXT_LENGTH',
    ],
    [
      'llama.cpp',
      400,
      'the request exceeds the available context size, try increasing it',
      'exceed_context_size_error',
      TextTooLongError,
      'OPENAI_CONTEXT_LENGTH',
    ],
    [
      'Mistral',
      400,
      'Input id 0 has 9000 tokens, exceeding max 8192 tokens.',
      '',
      TextTooLongError,
      'OPENAI_CONTEXT_LENGTH',
    ],
    ['Mistral', 400, 'Too many tokens in batch. Max is 16384 got 20000', '', TextTooLongError, 'OPENAI_TOO_LARGE'],
    ['Voyage', 400, 'The max allowed tokens per submitted batch is 120000.', '', TextTooLongError, 'OPENAI_TOO_LARGE'],
    ['Ollama', 400, 'the input length exceeds the context length', '', TextTooLongError, 'OPENAI_CONTEXT_LENGTH'],
    [
      'OpenAI',
      400,
      "Invalid 'input[0]': maximum input length is 8192 tokens.",
      '',
      TextTooLongError,
      'OPENAI_CONTEXT_LENGTH',
    ],
    [
      'vLLM',
      400,
      "This model's maximum context length is 512 tokens. However, you requested 1451 tokens in the input for embedding generation.",
      '',
      TextTooLongError,
      'OPENAI_CONTEXT_LENGTH',
    ],
    [
      'LM Studio',
      400,
      'Trying to keep the first 4000 tokens when context the overflows. However, the model is loaded with context length of only 2048 tokens',
      '',
      TextTooLongError,
      'OPENAI_CONTEXT_LENGTH',
    ],
    [
      'llama-box',
      400,
      'Illegal param: prefill 744 tokens exceed n_ctx_per_seq, try increasing total context size',
      '',
      TextTooLongError,
      'OPENAI_CONTEXT_LENGTH',
    ],
    [
      'LiteLLM before Ollama',
      500,
      'litellm.APIConnectionError: OllamaException - {"error":"the input length exceeds the context length"}',
      '',
      TextTooLongError,
      'OPENAI_CONTEXT_LENGTH',
    ],
    [
      'LocalAI',
      500,
      'rpc error: code = Unknown desc = input is too large to process. increase the physical batch size',
      '',
      TextTooLongError,
      'OPENAI_CONTEXT_LENGTH',
    ],
    [
      'SGLang',
      400,
      "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
      '',
      TextTooLongError,
      'OPENAI_CONTEXT_LENGTH',
    ],
    [
      'NIM',
      400,
      'Input length 1234 exceeds maximum allowed token size 512',
      '',
      TextTooLongError,
      'OPENAI_CONTEXT_LENGTH',
    ],
    [
      'Gemini',
      400,
      'The input token count (3000) exceeds the maximum number of tokens allowed (2048).',
      '',
      TextTooLongError,
      'OPENAI_CONTEXT_LENGTH',
    ],
    ['Jina', 400, 'Input text exceeds maximum length of 8194 tokens', '', TextTooLongError, 'OPENAI_CONTEXT_LENGTH'],
    [
      'Bedrock',
      400,
      'Too many input tokens. Max input tokens: 8192, request input token count: 9000',
      '',
      TextTooLongError,
      'OPENAI_CONTEXT_LENGTH',
    ],
    [
      'PyTorch',
      500,
      'The expanded size of the tensor (600) must match the existing size (512) at non-singleton dimension 1.',
      '',
      TextTooLongError,
      'OPENAI_CONTEXT_LENGTH',
    ],
    ['Go', 400, 'http: request body too large', '', TextTooLongError, 'OPENAI_TOO_LARGE'],
    ['Express', 500, 'PayloadTooLargeError: request entity too large', '', TextTooLongError, 'OPENAI_TOO_LARGE'],
    ['a proxy', 400, '400 Request Entity Too Large', '', TextTooLongError, 'OPENAI_TOO_LARGE'],
    [
      'OpenAI',
      429,
      'Request too large for text-embedding-3-small on tokens per min (TPM): Limit 40000, Requested 50000.',
      '',
      TextTooLongError,
      'OPENAI_TOO_LARGE',
    ],
    ['Bedrock', 429, 'Too many tokens, please wait before trying again.', '', ProviderUnavailableError, 'OPENAI_BUSY'],
    ['nginx', 413, 'no message', '', TextTooLongError, 'OPENAI_TOO_LARGE'],
    ['Ollama', 400, 'embedding contains NaN or Inf values', '', TextRejectedError, 'OPENAI_NAN'],
    ['FastAPI', 500, 'Out of range float values are not JSON compliant', '', TextRejectedError, 'OPENAI_NAN'],
    ['Ollama', 400, 'Post "http://127.0.0.1:1/embedding": EOF', '', ProviderUnavailableError, 'OPENAI_SERVER_ERROR'],
    ['anyone', 401, 'not repeated here', 'invalid_api_key', ProviderMisconfiguredError, 'OPENAI_UNAUTHORIZED'],
    ['DeepSeek', 402, 'Insufficient Balance', '', ProviderMisconfiguredError, 'OPENAI_QUOTA'],
    [
      'OpenAI',
      429,
      'You exceeded your current quota',
      'insufficient_quota',
      ProviderMisconfiguredError,
      'OPENAI_QUOTA',
    ],
    ['OpenAI', 429, 'Rate limit reached', 'rate_limit_exceeded', ProviderUnavailableError, 'OPENAI_BUSY'],
    [
      'OpenAI',
      403,
      'Project does not have access to model',
      'model_not_found',
      ProviderMisconfiguredError,
      'OPENAI_FORBIDDEN',
    ],
    [
      'OpenAI',
      404,
      'The model `x` does not exist or you do not have access to it.',
      'model_not_found',
      ProviderMisconfiguredError,
      'OPENAI_MODEL_MISSING',
    ],
    ['vLLM', 404, 'The model `x` does not exist.', 'NotFoundError', ProviderMisconfiguredError, 'OPENAI_MODEL_MISSING'],
    [
      'Ollama',
      404,
      'model "x" not found, try pulling it first',
      '',
      ProviderMisconfiguredError,
      'OPENAI_MODEL_MISSING',
    ],
    ['LiteLLM', 400, 'Invalid model name passed in model=x', '', ProviderMisconfiguredError, 'OPENAI_MODEL_MISSING'],
    ['LM Studio', 400, 'No models loaded. Please load a model', '', ProviderMisconfiguredError, 'OPENAI_MODEL_MISSING'],
    [
      'vLLM',
      400,
      'The model does not support Embeddings API',
      '',
      ProviderMisconfiguredError,
      'OPENAI_MODEL_CANNOT_EMBED',
    ],
    [
      'llama.cpp',
      501,
      'This server does not support embeddings. Start it with `--embeddings`',
      'not_supported_error',
      ProviderMisconfiguredError,
      'OPENAI_MODEL_CANNOT_EMBED',
    ],
    [
      'llama.cpp',
      400,
      "Pooling type 'none' is not OAI compatible.",
      '',
      ProviderMisconfiguredError,
      'OPENAI_MODEL_CANNOT_EMBED',
    ],
    ['anyone', 404, 'Not Found', '', ProviderMisconfiguredError, 'OPENAI_NOT_FOUND'],
    ['anyone', 405, 'Method Not Allowed', '', ProviderMisconfiguredError, 'OPENAI_NOT_FOUND'],
    ['TEI', 429, 'Model is overloaded', 'Overloaded', ProviderUnavailableError, 'OPENAI_BUSY'],
    ['TEI', 424, 'Backend error', 'Backend', ProviderUnavailableError, 'OPENAI_SERVER_ERROR'],
    ['anyone', 408, '', '', ProviderUnavailableError, 'OPENAI_TIMEOUT'],
    ['anyone', 425, '', '', ProviderUnavailableError, 'OPENAI_TOO_EARLY'],
    ['anyone', 503, '', '', ProviderUnavailableError, 'OPENAI_BUSY'],
    ['anyone', 529, '', '', ProviderUnavailableError, 'OPENAI_BUSY'],
    ['anyone', 500, '', '', ProviderUnavailableError, 'OPENAI_SERVER_ERROR'],
    ['anyone', 307, '', '', ProviderUnavailableError, 'OPENAI_UNEXPECTED_STATUS'],
    ['anyone', 400, 'no', '', TextRejectedError, 'OPENAI_REJECTED'],
    ['anyone', 422, 'no', '', TextRejectedError, 'OPENAI_REJECTED'],
  ])('is understood: %s, %i "%s" (%s)', (_, status, message, codes, type, code) => {
    const error = classifyAnswer(OPENAI, { status, message, codes });
    expect(error).toBeInstanceOf(type);
    expect(error.code).toBe(code);
  });

  it.each([
    [500, 'request timeout exceeded'],
    [502, 'the request exceeded the maximum number of retries'],
    [500, 'request exceeded maximum queue length of 100: try again'],
    [500, 'CUDA out of memory. Try a smaller batch size'],
    [500, 'context deadline exceeded'],
    [502, 'Bad Gateway'],
    [503, 'maximum pending requests exceeded'],
  ])('that is an outage is no text’s length: %i "%s"', (status, message) => {
    expect(classifyAnswer(OPENAI, { status, message })).toBeInstanceOf(ProviderUnavailableError);
  });

  it('closes no gate for what it repeats of a text, and still sees that the text is too long', () => {
    const repeats = (message: string) => classifyAnswer(OPENAI, { status: 400, message, shown: '…' });
    expect(repeats('bad input: "invalid model"')).toBeInstanceOf(TextRejectedError);
    expect(repeats('maximum context length: …')).toBeInstanceOf(TextTooLongError);
  });

  it('says what is to be done', () => {
    const error = classifyAnswer(OPENAI, { status: 404, message: 'Not Found' });
    expect(error).toMatchObject({
      message: 'the embedding server answered 404 "Not Found"',
      fix: 'let PALDOCS_OPENAI_URL be the base of an OpenAI-compatible API, such as http://host:8000/v1',
    });
  });

  it.each([
    ['7', 7_000],
    [undefined, undefined],
  ])('that asks for patience (%j) is believed', (retryAfter, ms) => {
    expect(classifyAnswer(OPENAI, { status: 429, message: '', retryAfter })).toMatchObject({ retryAfterMs: ms });
  });

  it('that asks for patience until a date is believed', () => {
    const retryAfter = new Date(Date.now() + 30_000).toUTCString();
    const error = classifyAnswer(OPENAI, { status: 503, message: '', retryAfter });
    expect(error instanceof ProviderUnavailableError && error.retryAfterMs).toBeGreaterThan(25_000);
  });
});
