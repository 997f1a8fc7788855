import type { Check, CheckContext, CheckResult } from './check.js';
import { findingOf } from './finding-of.js';

/** What takes longer says so on stderr: loading a model can take minutes. */
const SAY_AFTER_MS = 3_000;

/**
 * Runs checks one after the other. One that needs another which failed or was skipped is skipped.
 *
 * @param onResult told of each as soon as it is known
 */
export async function runChecks(
  checks: readonly Check[],
  context: CheckContext,
  onResult: (result: CheckResult) => Promise<void>,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of checks) {
    context.signal.throwIfAborted();
    const missing = check.needs.find((need) => results.some(({ name, status }) => name === need && isMissing(status)));
    const result =
      missing === undefined
        ? await runCheck(check, context)
        : {
            name: check.name,
            status: 'skipped' as const,
            found: `skipped until ${missing} is in order`,
            fix: null,
          };
    results.push(result);
    await onResult(result);
  }
  return results;
}

function isMissing(status: CheckResult['status']): boolean {
  return status === 'failed' || status === 'skipped';
}

async function runCheck({ name, run }: Check, context: CheckContext): Promise<CheckResult> {
  const timer = setTimeout(() => {
    context.log.info('still checking', { check: name });
  }, SAY_AFTER_MS);
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
