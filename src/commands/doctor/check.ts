import type { BlocksTable } from '../../blocks/table.js';
import type { Config } from '../../config/config.js';
import type { Database } from '../../postgres/database.js';
import type { ModelDescription, Provider } from '../../embedder/provider.js';
import type { Logger } from '../../telemetry/logger.js';

/** What a check has found: `warning` works, but not well; `failed` does not work. */
export interface Finding {
  readonly status: 'ok' | 'warning' | 'failed';
  readonly found: string;
  /** The command, SQL or variable that mends it, one a line. */
  readonly fix?: string;
}

/** What checks learn for those after them. */
export interface Facts {
  table?: BlocksTable;
  model?: ModelDescription;
}

export interface CheckContext {
  readonly config: Config;
  readonly database: Database;
  readonly provider: Provider;
  readonly facts: Facts;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** One line of the doctor's. It changes nothing. */
export interface Check {
  readonly name: string;
  /** Names of checks without which this one makes no sense. */
  readonly needs: readonly string[];
  /** What it throws counts as failed. */
  readonly run: (context: CheckContext) => Promise<Finding>;
}

/** A check's line, run or not. */
export interface CheckResult {
  readonly name: string;
  readonly status: Finding['status'] | 'skipped';
  readonly found: string;
  readonly fix: string | null;
}

export function ok(found: string): Finding {
  return { status: 'ok', found };
}

export function warning(found: string, fix: string): Finding {
  return { status: 'warning', found, fix };
}

export function failed(found: string, fix: string): Finding {
  return { status: 'failed', found, fix };
}

/** The tables' names and types. A check that asks for them needs the check `tables`. */
export function tableOf({ facts }: CheckContext): BlocksTable {
  if (facts.table === undefined) throw new Error('the check does not say that it needs "tables"');
  return facts.table;
}
