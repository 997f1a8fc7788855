/** An error answer: a status and `{"error": message}`, or the OpenAI API's format. */
export class Refusal extends Error {
  readonly status: number;
  /** The error's code in the OpenAI API. */
  readonly code: string | undefined;

  constructor(status: number, message: string, code?: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
  }
}

/** The client hung up, so there is nobody to answer. */
export class HungUp extends Error {
  constructor() {
    super('the client hung up');
    this.name = 'HungUp';
  }
}

/** 503 of a full queue. The two spaces are in Ollama's text. */
export function serverBusy(): Refusal {
  return new Refusal(503, 'server busy, please try again.  maximum pending requests exceeded');
}
