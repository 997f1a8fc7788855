import type { Check, CheckContext, CheckResult } from './check.js';
import { findingOf } from './finding-of.js';

/** A check that takes longer is announced on stderr: loading a model can take minutes. */
const ANNOUNCE_AFTER_MS = 3_000;

/**
 * Runs checks one after the other. A check is skipped if one that it needs failed or was skipped.
 *
 * @param onResult called with each result as soon as it is known
 */
export async function runChecks(
  checks: readonly Check[],
  context: CheckContext,
  onResult: (result: CheckResult) => Promise<void>,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of checks) {
    context.signal.throwIfAborted();
    const unmet = check.needs.find((need) => results.some(({ name, status }) => name === need && isUnmet(status)));
    const result =
      unmet === undefined
        ? await runCheck(check, context)
        : {
            name: check.name,
            status: 'skipped' as const,
            found: `skipped: needs the check "${unmet}" to pass`,
            fix: null,
          };
    results.push(result);
    await onResult(result);
  }
  return results;
}

function isUnmet(status: CheckResult['status']): boolean {
  return status === 'failed' || status === 'skipped';
}

async function runCheck({ name, run }: Check, context: CheckContext): Promise<CheckResult> {
  const timer = setTimeout(() => {
    context.log.info('still checking', { check: name });
  }, ANNOUNCE_AFTER_MS);
  try {
    const { status, found, fix = null } = await run(context);
    return { name, status, found, fix };
  } catch (error) {
    context.signal.throwIfAborted();
    const { status, found, fix = null } = findingOf(error);
    return { name, status, found, fix };
  } finally {
    clearTimeout(timer);
  }
}
