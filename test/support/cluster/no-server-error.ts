/** There is no PostgreSQL with pgvector to test on. The message says in one line what was tried. */
export class NoServerError extends Error {
  override readonly name = 'NoServerError';
}
