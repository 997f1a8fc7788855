/** An answer other than 200, as Ollama gives it: a status and `{"error": message}`. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
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
