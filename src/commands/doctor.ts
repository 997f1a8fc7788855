import { loadConfig } from '../config/config.js';
import { embeddingServer } from '../config/embedding-server.js';
import { openPostgres } from './connect/open-postgres.js';
import { openProvider } from '../embedder/open-provider.js';
import { loggerForTerminal } from '../telemetry/logger.js';
import type { CheckContext, CheckResult } from './doctor/check.js';
import { checksFor } from './doctor/checks.js';
import { runChecks } from './doctor/run-checks.js';
import { searchForm, searchLines } from './doctor/search-form.js';
import { INTERRUPTED, Interruption } from '../terminal/interruption.js';
import { counted, printable, styled, writeJson, writeLines } from '../terminal/output.js';

/** Checks everything the worker needs, one check after the other. Changes nothing. Exit status 1 if a check fails. */
export async function runDoctor({ json }: { readonly json: boolean }): Promise<void> {
  const config = loadConfig();
  const log = loggerForTerminal(config.logLevel);
  const database = openPostgres(config, { applicationName: 'embedding-worker doctor', poolSize: 2 }, log);
  const provider = openProvider({ ...embeddingServer(config), connections: 1 });
  const interruption = new Interruption();
  const checks = checksFor(config.provider);
  const width = Math.max(...checks.map(({ name }) => name.length));
  const context: CheckContext = { config, database, provider, log, facts: {}, signal: interruption.signal };
  try {
    const results = await runChecks(checks, context, async (result) => {
      if (!json) await writeLines(toLines(result, width));
    });
    const failures = results.filter(({ status }) => status === 'failed').length;
    const search = searchForm(config, context.facts.table);
    if (json) await writeJson({ ok: failures === 0, checks: results, search });
    else await writeLines(['', ...searchLines(search), '', summary(results)]);
    process.exitCode = failures === 0 ? 0 : 1;
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    process.exitCode = INTERRUPTED;
  } finally {
    provider.close();
    await database.close();
    interruption.close();
  }
}

function toLines({ name, status, found, fix }: CheckResult, width: number): string[] {
  const text = `${name.padEnd(width)}  ${printable(found)}`;
  const line = status === 'skipped' ? styled('dim', `- ${text}`) : `${SYMBOLS[status]()} ${text}`;
  const fixes = fix?.split('\n').map((one) => `${' '.repeat(width + 4)}${styled('bold', '→')} ${printable(one)}`) ?? [];
  return [line, ...fixes];
}

const SYMBOLS: Readonly<Record<Exclude<CheckResult['status'], 'skipped'>, () => string>> = {
  ok: () => styled('green', '✓'),
  warning: () => styled('yellow', '!'),
  failed: () => styled('red', '✗'),
};

function summary(results: readonly CheckResult[]): string {
  const having = (wanted: CheckResult['status']) => results.filter(({ status }) => status === wanted).length;
  const parts = [
    ...(having('failed') > 0 ? [styled('red', `${counted(having('failed'), 'check')} failed`)] : []),
    ...(having('warning') > 0 ? [styled('yellow', counted(having('warning'), 'warning'))] : []),
    ...(having('skipped') > 0 ? [`${counted(having('skipped'), 'check')} skipped`] : []),
  ];
  return parts.length === 0 ? styled('green', 'Everything is in order.') : `${parts.join(', ')}.`;
}
