import { WorkerError } from '../../errors.js';
import { describeError } from '../../logger.js';
import type { Finding } from './check.js';

/** Our own errors say what is wrong, and after a colon the statement that mends it, or before one the variable. */
const STATEMENT = /^(?<found>[^]*?): (?<fix>(?:ALTER|CREATE|GRANT) [^]*)$/;
const VARIABLE = /^(?<variable>PALDOCS_\w+): (?<found>[^]*)$/;
/** After what a server answered, or what is wrong with TLS, stands what to do, where it does not pass by itself. */
const ADVICE =
  /^(?<found>(?:Ollama|the embedding server) answered \d+ "[^]*"|[^]*certificate does not verify \([^]*\)|[^]* offers no TLS): (?<fix>[^"]*)$/;

/** What an error that a check met says: what was found, and what mends it. */
export function findingOf(error: unknown): Finding {
  if (!(error instanceof WorkerError)) {
    const { message, code } = describeError(error) as { message: string; code?: string };
    return { status: 'failed', found: code === undefined ? message : `${message} (${code})` };
  }
  if (error.fix !== undefined) return { status: 'failed', found: error.message, fix: error.fix };
  const statement = STATEMENT.exec(error.message)?.groups;
  if (statement !== undefined) {
    return { status: 'failed', found: statement['found'] ?? '', fix: statements(statement['fix'] ?? '') };
  }
  const { variable, found: told = error.message } = VARIABLE.exec(error.message)?.groups ?? {};
  const advice = ADVICE.exec(told)?.groups;
  if (advice !== undefined) return { status: 'failed', found: advice['found'] ?? '', fix: advice['fix'] ?? '' };
  return { status: 'failed', found: told, ...(variable !== undefined && { fix: `correct ${variable}` }) };
}

/** Each on a line of its own, as psql takes them. */
function statements(sql: string): string {
  return sql
    .split('; ')
    .map((statement) => `${statement};`)
    .join('\n');
}
