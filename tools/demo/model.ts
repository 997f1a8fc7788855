import { once } from 'node:events';
import { Worker as Thread } from 'node:worker_threads';
import type { Config } from '../../src/config/config.js';
import { withoutCredentials } from '../../src/config/urls.js';
import { embedOnce } from '../../src/embedder/embed-once.js';
import { Ollama } from '../../src/embedder/ollama.js';
import { embeddingServer } from '../../src/config/embedding-server.js';
import { ConfigurationError } from '../../src/base/errors.js';

/** The server of the embeddings: the stand-in, or the given Ollama. */
export interface ModelServer {
  readonly url: string;
  /** Shown to the user. */
  readonly description: string;
  close(): Promise<void>;
}

/**
 * Starts the stand-in for Ollama with the small sentence model. It runs in a thread, not in a process, so that it always ends
 * with the demo, and Ctrl-C in a terminal does not end it earlier.
 */
export async function startStandInServer(config: Config, signal: AbortSignal): Promise<ModelServer> {
  const thread = new Thread(new URL('stand-in-thread.js', import.meta.url));
  const close = async () => {
    await thread.terminate();
  };
  try {
    const [url] = (await once(thread, 'message', { signal })) as [string];
    await loadModel({ ...config, ollamaUrl: url }, signal);
    return { url, description: `a small sentence model, served by a stand-in for Ollama at ${url}`, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @throws ConfigurationError if it does not answer, or does not have the model */
export async function connectOllama(config: Config, signal: AbortSignal): Promise<ModelServer> {
  const url = config.ollamaUrl;
  try {
    const version = await loadModel(config, signal);
    const description = `${config.model} on Ollama ${version}, ${withoutCredentials(url)}`;
    return { url, description, close: () => Promise.resolve() };
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError('DEMO_OLLAMA', `PALDOCS_OLLAMA_URL: ${reason}`, { cause: error });
  }
}

/** @returns the server's version */
async function loadModel(config: Config, signal: AbortSignal): Promise<string> {
  const ollama = clientOf(config);
  try {
    const version = await ollama.version(signal);
    await ollama.load(signal);
    return version;
  } finally {
    ollama.close();
  }
}

/** The demo's own client of the model, for search queries and to check the vectors that the worker stored. */
export class Model {
  readonly #ollama: Ollama;
  readonly #config: Config;
  readonly #dimensions: number;

  constructor(config: Config, dimensions: number) {
    this.#ollama = clientOf(config);
    this.#config = config;
    this.#dimensions = dimensions;
  }

  /** Embeds a block's text. @returns a unit vector, number[dimensions] */
  async embedText(text: string, signal: AbortSignal): Promise<Float32Array> {
    return await this.#embed(this.#config.instruction, text, signal);
  }

  /** Embeds a search query. @returns a unit vector, number[dimensions] */
  async embedQuery(text: string, signal: AbortSignal): Promise<Float32Array> {
    return await this.#embed(this.#config.queryInstruction, text, signal);
  }

  close(): void {
    this.#ollama.close();
  }

  async #embed(instruction: string, text: string, signal: AbortSignal): Promise<Float32Array> {
    const { model } = this.#config;
    const options = { provider: this.#ollama, model, dimensions: this.#dimensions, instruction, signal };
    const [vector] = await embedOnce(options, [text]);
    if (vector === undefined) throw new Error('the model returned no vector');
    return vector;
  }
}

function clientOf(config: Config): Ollama {
  return new Ollama({ ...embeddingServer(config), connections: 1 });
}
