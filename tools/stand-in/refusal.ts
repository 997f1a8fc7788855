/** An answer other than 200: a status and `{"error": message}`, or what the OpenAI API makes of it. */
export class Refusal extends Error {
  readonly status: number;
  /** In the OpenAI API. */
  readonly code: string | undefined;

  constructor(status: number, message: string, code?: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
  }
}

/** The client went away, so nobody is left to answer. */
export class HungUp extends Error {
  constructor() {
    super('the client hung up');
    this.name = 'HungUp';
  }
}

/** 503 of a full queue; the two spaces are Ollama's. */
export function serverBusy(): Refusal {
  return new Refusal(503, 'server busy, please try again.  maximum pending requests exceeded');
}
