import type { BlocksTable } from '../../blocks/table.js';
import type { Config } from '../../config/config.js';
import type { Database } from '../../postgres/database.js';
import type { ModelDescription, Provider } from '../../embedder/provider.js';
import type { Logger } from '../../telemetry/logger.js';

/** The result of a check: `warning` works, but not well; `failed` does not work; `skipped` could not be checked. */
export interface Finding {
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly found: string;
  /** The command, SQL or variable that fixes it, one per line. */
  readonly fix?: string;
}

/** What a check leaves for later ones. */
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

/** One check. It changes nothing. */
export interface Check {
  readonly name: string;
  /** Names of checks that must not fail before this one runs. */
  readonly needs: readonly string[];
  /** An error it throws counts as failed. */
  readonly run: (context: CheckContext) => Promise<Finding>;
}

/** One line of the output, whether the check ran or not. */
export interface CheckResult {
  readonly name: string;
  readonly status: Finding['status'];
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

export function skipped(reason: string): Finding {
  return { status: 'skipped', found: `skipped: ${reason}` };
}

/** The tables' names and types, for checks that need the check `tables`. */
export function tableOf({ facts }: CheckContext): BlocksTable {
  if (facts.table === undefined) throw new Error('the check does not list "tables" in its needs');
  return facts.table;
}
