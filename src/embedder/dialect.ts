/** The kinds of servers, as `PALDOCS_EMBEDDING_PROVIDER` names them, and what messages call them. */
export const PROVIDER_NAMES = { ollama: 'Ollama', openai: 'the embedding server' } as const;
export type ProviderKind = keyof typeof PROVIDER_NAMES;

/** What one kind of server answers, and how our messages and errors describe it. */
export interface Dialect {
  /** The subject of messages. */
  readonly name: string;
  /** Codes of the errors that no rule produces. */
  readonly codes: {
    readonly unreachable: string;
    readonly noAnswer: string;
    readonly certificate: string;
    readonly garbled: string;
    readonly cannotEmbed: string;
    readonly probeFailed: string;
    readonly unexpectedStatus: string;
  };
  /** The variable that names the file of trusted certificate authorities. */
  readonly caVariable: string;
  /**
   * A request that is unanswered for long is lost if two later ones are answered, the second of them sent at least this time
   * after the first was answered. In milliseconds: see `LostRequests`.
   */
  readonly confirmLossAfterMs: number;
  /** What responses other than 2xx mean. The first match counts. */
  readonly rules: readonly Rule[];
}

/**
 * - `busy`: no text's fault.
 * - `failing`: an outage, or a text that crashes the model. Embedding a known-good text tells which.
 * - `misconfigured`: someone must act.
 * - `rejected`: the text's fault, as long as known-good texts pass.
 * - `too-long`: one text or the request as a whole is too large. A smaller one is tried.
 */
export type Verdict = 'busy' | 'failing' | 'misconfigured' | 'rejected' | 'too-long';

export interface Rule {
  readonly status: number | readonly number[] | 'any 5xx' | 'any 4xx';
  /** Matches the server's message; absent: any message. */
  readonly message?: RegExp;
  readonly verdict: Verdict;
  readonly code: string;
  /** The error's fix, if waiting does not help. */
  readonly fix?: string;
}

/** We follow no redirect: it would send texts and keys to an address that nobody configured. */
export const REDIRECTS = [301, 302, 303, 307, 308] as const;
