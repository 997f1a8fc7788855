import type { Nemesis } from '../nemesis.js';
import { changeDimensions, changeType, renameColumn } from './alter-tables.js';
import { changeTrigger } from './change-trigger.js';
import { freezeWorker } from './freeze-worker.js';
import { killConnections, killListener } from './kill-connections.js';
import { killWorker } from './kill-worker.js';
import { lockTable } from './lock-table.js';
import { loseTransaction } from './lose-transaction.js';
import { exhaustConnections, lockInReverse, lockRows } from './contention.js';
import { halfOpen, lag, partition, stall } from './network.js';
import { pauseAll, pauseBacklog } from './pause.js';
import { restartPostgres } from './restart-postgres.js';
import { revokePrivilege } from './revoke-privilege.js';
import { scale } from './scale.js';
import { shortenTimeouts } from './shorten-timeouts.js';
import { busyOllama, breakOllama, slowOllama, stopOllama } from './break-ollama.js';
import { foreignJobs } from './foreign-jobs.js';
import { swallowConnections } from './swallow-connections.js';
import { terminateWorker } from './terminate-worker.js';
import { unsetStatus } from './unset-status.js';
import { expireJobs } from './expire-jobs.js';

/** All nemeses. A run picks from them by position, so reordering them changes what a seed injects. */
export const NEMESES: readonly Nemesis[] = [
  killWorker,
  freezeWorker,
  terminateWorker,
  scale,
  killListener,
  killConnections,
  halfOpen,
  loseTransaction,
  stall,
  partition,
  lag,
  restartPostgres,
  breakOllama,
  stopOllama,
  busyOllama,
  expireJobs,
  lockRows,
  lockInReverse,
  exhaustConnections,
  shortenTimeouts,
  lockTable,
  revokePrivilege,
  renameColumn,
  changeType,
  changeDimensions,
  changeTrigger,
  unsetStatus,
  foreignJobs,
  swallowConnections,
  slowOllama,
  pauseBacklog,
  pauseAll,
];

/**
 * @param names `all`, `none`, or names separated by commas
 * @throws RangeError naming one that does not exist
 */
export function nemesesNamed(names: string): readonly Nemesis[] {
  if (names === 'all') return NEMESES;
  if (names === 'none') return [];
  return names.split(',').map((name) => {
    const nemesis = NEMESES.find((one) => one.name === name);
    if (nemesis === undefined)
      throw new RangeError(
        `--nemesis: unknown "${name}"; use all, none, or any of ${NEMESES.map((one) => one.name).join(', ')}`,
      );
    return nemesis;
  });
}
