import { errorCode } from '../../base/errors.js';

/** PostgreSQL, appendix A: undefined_function, also raised for operators. */
const UNDEFINED_FUNCTION = '42883';

/**
 * Runs statements that compare the status column with statuses.
 *
 * @returns undefined if its type does not accept them or cannot be compared; the check `own write` says so
 */
export async function ifStatusesAccepted<T>(query: () => Promise<T>): Promise<T | undefined> {
  try {
    return await query();
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (!code.startsWith('22') && code !== UNDEFINED_FUNCTION) throw error;
    return undefined;
  }
}
