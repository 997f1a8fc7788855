import type { Nemesis } from '../nemesis.js';
import { INSTALL_VARIANT, READ_TRIGGERS, reinstallSql } from '../site/trigger-variant.sql.js';
import { sleep } from '../../../src/base/sleep.js';

/**
 * The API's triggers are of another kind for a while: one that fires on every write and sets blocks without text `skipped`.
 * A worker that starts meanwhile must find nothing wrong with it.
 */
export const changeTrigger: Nemesis = {
  name: 'change-trigger',
  disturbs: true,
  changesSchema: true,
  costsNothing: true,
  run: async ({ site, random, signal }) => {
    const rows = await site.database.persist<{ definition: string }>(READ_TRIGGERS);
    const definitions = rows.map(({ definition }) => definition);
    try {
      await site.database.persist(INSTALL_VARIANT);
      const victims = site.fleet.healthy;
      if (victims.length > 0) {
        const victim = random.pick(victims);
        await victim.end('SIGTERM');
        victim.start();
      }
      await sleep(random.between(2_000, 6_000), signal);
    } finally {
      await site.database.persist(reinstallSql(definitions));
    }
  },
};
