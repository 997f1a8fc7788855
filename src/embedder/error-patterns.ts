/**
 * A 400 with such a message means that the process that runs the model is gone. Ollama since 0.13.3 reports, in Go's words,
 * the broken connection to its runner (on Windows, too). LM Studio has messages of its own.
 */
export const MODEL_CRASHED = oneOf([
  /\bEOF\b|connection refused|connection reset|broken pipe|forcibly closed|actively refused|server closed idle/,
  /no longer running|process has terminated|unexpectedly stopped|has crashed|was unloaded|model unloaded/,
  /health resp|unexpected server status|waiting for llama runner|CUDA error/,
]);

/**
 * A text is longer than the model's context. The messages, with any status, are those of Ollama, llama.cpp
 * (`exceeds the available context size`, `too large to process. increase the physical batch size`), vLLM, SGLang, TEI,
 * LM Studio (`when context the overflows`), OpenAI, Mistral, Jina, Gemini, Vertex AI, Bedrock, NIM, DashScope, OpenVINO,
 * and PyTorch behind a plain server.
 */
export const TEXT_TOO_LONG = oneOf([
  /maximum (context|input|sequence|model) length|context_length_exceeded|exceed_context_size|ContextWindowExceeded/,
  /(input|prompt|request|text|sequence|length|tokens?)\b[^.;]{0,60}\bexceed(s|ed|ing)? [^.;]{0,40}(context|max(imum)? (?![^.;]{0,20}queue)[^.;]{0,30}(tokens?|length)\b|limit of \d+ tokens|n_ctx)/,
  /exceed(s|ed|ing)? (the )?(available |maximum |model'?s )?context/,
  /(longer|larger) than (the )?(\w+ )?(model'?s? )?(max(imum)? |available )?(model |context |sequence )?(length|size)\b/,
  /too large to process|physical batch size|context (the )?overflows|context (size|length|window) (has been |was )?exceeded/,
  /must have less than \d+ tokens|exceeding max \d+ tokens|max input tokens/,
  /(input|prompt|text|sequence)s? (is |are |was )?too long/,
  /\b(exceed(s|ed|ing)?|(longer|more) than|up to) (the )?(\d+ tokens\b|max_\w*(len|tokens)\b)/,
  /((?<!queue )length|tokens?( count)?)\b[^.;]{0,40}\b(longer than|more than|supports up to) ([a-z]+ ){0,3}\d+/,
  /(token|sequence|context) limit( of \d+)? (is |was |has been )?exceed(s|ed)|exceed(s|ed|ing)? (the |its )?(\w+ )?token limit/,
  /range of input length|at most \d+ (characters|tokens)/,
  /expanded size of the tensor|size of tensor a \(\d+\) must match|index out of range in self/,
]);

/** A request holds too many texts or tokens. A smaller one may pass. */
export const TOO_MANY_TEXTS = oneOf([
  /batch size|array too long|array_above_max_length|maximum request size|max_tokens_per_request/,
  /too many (inputs?|texts?|input tokens|tokens|items|sentences)|tokens per (submitted )?batch/,
  /(at most|no more than|more than|up to|maximum( of)?) \d+ (inputs|texts|items|strings|sentences|documents|requests)/,
  /number of (inputs|texts|items|documents|requests) (must|should|can) be |tokens per request/,
]);

/** A request has too many bytes. */
export const BODY_TOO_LARGE =
  /(request|payload|body|content|entity)( (body|payload|entity))? (is |was )?too (large|long|big)|(payload|body|content|request)( (body|payload|entity))? (size|length) (limit )?(is |was )?exceed(s|ed)\b|received message larger than max|max_body_size/i;

function oneOf(patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join('|'), 'i');
}
