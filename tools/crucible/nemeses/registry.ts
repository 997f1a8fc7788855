import type { Nemesis } from '../nemesis.js';
import { changeDimensions, changeType, renameColumn } from './alter-tables.js';
import { changeTrigger } from './change-trigger.js';
import { freezeWorker } from './freeze-worker.js';
import { killConnections, killListener } from './kill-connections.js';
import { killWorker } from './kill-worker.js';
import { lockTable } from './lock-table.js';
import { loseTransaction } from './lose-transaction.js';
import { lockBackwards, lockRows, shortTimeouts, takeConnections } from './neighbours.js';
import { halfOpen, lag, partition, stall } from './network.js';
import { restartPostgres } from './restart-postgres.js';
import { revokePrivilege } from './revoke-privilege.js';
import { scale } from './scale.js';
import { busyOllama, spoilOllama, stopOllama } from './spoil-ollama.js';
import { strangeJobs } from './strange-jobs.js';
import { terminateWorker } from './terminate-worker.js';
import { unsetStatus } from './unset-status.js';
import { usurp } from './usurp.js';

/** All there are, by name. */
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
  spoilOllama,
  stopOllama,
  busyOllama,
  usurp,
  lockRows,
  lockBackwards,
  takeConnections,
  shortTimeouts,
  lockTable,
  revokePrivilege,
  renameColumn,
  changeType,
  changeDimensions,
  changeTrigger,
  unsetStatus,
  strangeJobs,
];

/**
 * @param names `all`, `none`, or names separated by commas
 * @throws RangeError naming one that there is not
 */
export function nemesesNamed(names: string): readonly Nemesis[] {
  if (names === 'all') return NEMESES;
  if (names === 'none') return [];
  return names.split(',').map((name) => {
    const nemesis = NEMESES.find((one) => one.name === name);
    if (nemesis === undefined)
      throw new RangeError(`--nemesis: "${name}" is none of all, none, ${NEMESES.map((one) => one.name).join(', ')}`);
    return nemesis;
  });
}
