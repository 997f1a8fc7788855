/**
 * How servers say that a text is longer than the model's context, whatever the status they say it with: Ollama, llama.cpp
 * (`exceeds the available context size`, `too large to process. increase the physical batch size`), vLLM, SGLang, TEI,
 * LM Studio (`when context the overflows`), OpenAI, Mistral, Jina, Gemini, Vertex AI, Bedrock, NIM, DashScope, OpenVINO,
 * and PyTorch behind a plain server.
 */
export const TOO_LONG_TEXT = new RegExp(
  [
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
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
);

/** How servers say that a request holds too many texts or tokens. Less of it may pass. */
export const TOO_MANY_TEXTS = new RegExp(
  [
    /batch size|array too long|array_above_max_length|maximum request size|max_tokens_per_request/,
    /too many (inputs?|texts?|input tokens|tokens|items|sentences)|tokens per (submitted )?batch/,
    /(at most|no more than|more than|up to|maximum( of)?) \d+ (inputs|texts|items|strings|sentences|documents|requests)/,
    /number of (inputs|texts|items|documents|requests) (must|should|can) be |tokens per request/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
);

/** How servers and proxies say that a request has too many bytes. */
export const TOO_LARGE_BODY =
  /(request|payload|body|content|entity)( (body|payload|entity))? (is |was )?too (large|long|big)|(payload|body|content|request)( (body|payload|entity))? (size|length) (limit )?(is |was )?exceed(s|ed)\b|received message larger than max|max_body_size/i;
