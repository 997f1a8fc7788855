import type { CheckResult } from '../../../src/commands/doctor/check.js';
import { checksFor } from '../../../src/commands/doctor/checks.js';
import { runDoctorChecks } from '../../support/doctor-checks.js';
import type { TestDatabase } from '../../support/test-database.js';

/** Runs one check of `doctor`, after those it needs, and returns its line. */
export async function runCheck(
  name: string,
  db: Pick<TestDatabase, 'url'>,
  ollama: { readonly url: string },
  environment: Readonly<Record<string, string>> = {},
): Promise<CheckResult | undefined> {
  const variables = { PALDOCS_DATABASE_URL: db.url, PALDOCS_OLLAMA_URL: ollama.url, ...environment };
  const results = await runDoctorChecks(variables, [...neededBy(name), name]);
  return results.at(-1);
}

function neededBy(name: string): string[] {
  const needs = checksFor('ollama').find((check) => check.name === name)?.needs ?? [];
  return needs.flatMap((need) => [...neededBy(need), need]);
}
