/**
 * How servers say that a text is longer than the model's context, whatever the status they say it with: Ollama, llama.cpp
 * (`exceeds the available context size`, `too large to process. increase the physical batch size`), vLLM, SGLang, TEI,
 * LM Studio (`when context the overflows`), OpenAI, Mistral, Jina, Gemini, Bedrock, NIM, and PyTorch behind a plain server.
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
    /(at most|no more than|more than|up to|maximum( of)?) \d+ (inputs|texts|items|strings|sentences|documents)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
);

/** How servers and proxies say that a request has too many bytes. */
export const TOO_LARGE_BODY =
  /(request|payload|body|content|entity)( (body|payload|entity))? (is |was )?too (large|long|big)|(payload|body|content|request)( (body|payload|entity))? (size|length) (limit )?(is |was )?exceed(s|ed)\b/i;
