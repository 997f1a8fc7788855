/** There is no PostgreSQL with pgvector to test on here; the message says what was looked for, in one line. */
export class NoServerError extends Error {
  override readonly name = 'NoServerError';
}
