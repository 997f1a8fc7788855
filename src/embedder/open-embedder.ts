import type { Events } from '../events.js';
import type { Logger } from '../logger.js';
import { embedOnce } from './embed-once.js';
import { Embedder } from './embedder.js';
import { Gate } from './gate.js';
import { Ollama } from './ollama.js';

/** What every server that works embeds without fail. */
const KNOWN_GOOD_TEXT = 'The quick brown fox jumps over the lazy dog.';

export interface OpenEmbedderOptions {
  readonly url: string;
  /** PEM of the authorities its certificate may come from; undefined: the public ones. */
  readonly ca?: string | undefined;
  /** A bearer token, asked for with each request. */
  readonly token?: (() => string) | undefined;
  readonly model: string;
  readonly dimensions: number;
  readonly instruction: string;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly events: Events;
  readonly log: Logger;
}

export interface OpenEmbedder {
  readonly embedder: Embedder;
  readonly gate: Gate;
  readonly ollama: Ollama;
  /** Ends the probing and closes the connections. */
  close(): void;
}

/** Ollama, the gate before it, and the embedder that uses both. */
export function openEmbedder(options: OpenEmbedderOptions): OpenEmbedder {
  const { url, ca, token, model, dimensions, instruction, timeoutMs, concurrency, events, log } = options;
  // One connection more than requests: the probe goes while they hang.
  const ollama = new Ollama({
    url,
    ca,
    token,
    model,
    timeoutMs,
    connections: concurrency + 1,
  });
  const gate = new Gate({
    probe: async (signal) => {
      await embedOnce({ ollama, model, dimensions, instruction, signal }, [KNOWN_GOOD_TEXT]);
    },
    events,
    log,
  });
  const embedder = new Embedder({
    ollama,
    gate,
    model,
    dimensions,
    instruction,
    concurrency,
    events,
  });
  return {
    embedder,
    gate,
    ollama,
    close: () => {
      gate.stop();
      ollama.close();
    },
  };
}
