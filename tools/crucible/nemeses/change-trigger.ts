import type { Nemesis } from '../nemesis.js';
import { INSTALL_VARIANT, READ_TRIGGERS, reinstallSql } from '../testbed/trigger-variant.sql.js';
import { sleep } from '../../../src/base/sleep.js';

/**
 * Replaces the API's triggers for a while by one that fires on every write and sets blocks without text `skipped`. A worker
 * that starts meanwhile must accept it.
 */
export const changeTrigger: Nemesis = {
  name: 'change-trigger',
  delaysOthers: true,
  changesSchema: true,
  countsNothing: true,
  run: async ({ testbed, random, signal }) => {
    const rows = await testbed.database.persist<{ definition: string }>(READ_TRIGGERS);
    const definitions = rows.map(({ definition }) => definition);
    try {
      await testbed.database.persist(INSTALL_VARIANT);
      const victims = testbed.fleet.healthy;
      if (victims.length > 0) {
        const victim = random.pick(victims);
        await victim.end('SIGTERM');
        victim.start();
      }
      await sleep(random.between(2_000, 6_000), signal);
    } finally {
      await testbed.database.persist(reinstallSql(definitions));
    }
  },
};
