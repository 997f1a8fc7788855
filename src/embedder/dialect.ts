/** How one kind of server speaks, and how we speak of it. */
export interface Dialect {
  /** The subject of messages. */
  readonly name: string;
  /** Of errors that no rule makes. */
  readonly codes: {
    readonly unreachable: string;
    readonly noAnswer: string;
    readonly certificate: string;
    readonly garbled: string;
    readonly cannotEmbed: string;
    readonly probeFailed: string;
    readonly unexpectedStatus: string;
  };
  /** Names the file of the authorities that its certificate may come from. */
  readonly caVariable: string;
  /** What its answers mean that are not 2xx, first match first. */
  readonly rules: readonly Rule[];
}

/**
 * `busy`: no text's fault. `failing`: an outage, or a text that the model does not survive; a text that is known to be
 * good tells which. `misconfigured`: someone must act. `rejected`: the text itself, as long as good ones pass.
 * `too-long`: too much at once, be it one text or all together; less of it is tried.
 */
export type Verdict = 'busy' | 'failing' | 'misconfigured' | 'rejected' | 'too-long';

export interface Rule {
  readonly status: number | readonly number[] | 'any 5xx' | 'any 4xx';
  /** What the server's message holds; absent: anything. */
  readonly message?: RegExp;
  readonly verdict: Verdict;
  readonly code: string;
  /** What to do, for what does not pass by itself: the error's fix. */
  readonly fix?: string;
}

/** None is followed, since texts and keys would go where nobody said. */
export const REDIRECTS = [301, 302, 303, 307, 308] as const;
