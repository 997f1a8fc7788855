/**
 * How servers say with a 400 that what runs the model is gone: Ollama since 0.13.3, in Go's words for what became of the
 * connection to its runner, on Windows as well, and LM Studio.
 */
export const CRASHED = new RegExp(
  [
    /\bEOF\b|connection refused|connection reset|broken pipe|forcibly closed|actively refused|server closed idle/,
    /no longer running|process has terminated|unexpectedly stopped|has crashed|was unloaded|model unloaded/,
    /health resp|unexpected server status|waiting for llama runner|CUDA error/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
);
