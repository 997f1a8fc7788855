import { WorkerError } from '../../errors.js';
import { describeError } from '../../logger.js';
import type { Finding } from './check.js';

/** Our own errors say what is wrong, and after a colon the statement that mends it, or before one the variable. */
const STATEMENT = /^(?<found>[^]*?): (?<fix>(?:ALTER|CREATE|GRANT) [^]*)$/;
const VARIABLE = /^(?<variable>PALDOCS_\w+): (?<found>[^]*)$/;
/** After what Ollama answered stands what to do, where it does not pass by itself. */
const ADVICE = /^(?<found>Ollama answered \d+ "[^]*"): (?<fix>[^"]*)$/;

/** What an error that a check met says: what was found, and what mends it. */
export function findingOf(error: unknown): Finding {
  if (!(error instanceof WorkerError)) {
    const { message, code } = describeError(error) as { message: string; code?: string };
    return { status: 'failed', found: code === undefined ? message : `${message} (${code})` };
  }
  const statement = STATEMENT.exec(error.message)?.groups;
  if (statement !== undefined) {
    return { status: 'failed', found: statement['found'] ?? '', fix: statements(statement['fix'] ?? '') };
  }
  const variable = VARIABLE.exec(error.message)?.groups;
  if (variable !== undefined) {
    return { status: 'failed', found: variable['found'] ?? '', fix: `correct ${variable['variable'] ?? ''}` };
  }
  const advice = ADVICE.exec(error.message)?.groups;
  return { status: 'failed', found: advice?.['found'] ?? error.message, ...(advice && { fix: advice['fix'] ?? '' }) };
}

/** Each on a line of its own, as psql takes them. */
function statements(sql: string): string {
  return sql
    .split('; ')
    .map((statement) => `${statement};`)
    .join('\n');
}
