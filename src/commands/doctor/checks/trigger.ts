import { CHANNEL, readTriggers, requireTrigger, type Trigger } from '../../../blocks/trigger.js';
import { ConfigurationError } from '../../../errors.js';
import { failed, ok, tableOf, warning, type Check } from '../check.js';
import { findingOf } from '../finding-of.js';

const MIGRATE =
  'run the API’s migration (phase 6b); on a database of your own: psql "$PALDOCS_DATABASE_URL" -f migrations-noop/trigger.sql';

export const triggerCheck: Check = {
  name: 'trigger',
  needs: ['tables'],
  run: async (context) => {
    const { database, config } = context;
    try {
      await requireTrigger(database, config.tables, tableOf(context));
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      const { found, fix = MIGRATE } = findingOf(error);
      return failed(found, fix);
    }
    const triggers = (await readTriggers(database, config.tables)).filter(({ enabled }) => enabled);
    const ours = triggers.filter(({ notifies }) => notifies);
    if (ours.length > 0) return ok(`${ours.map(describe).join(', ')}: notifies ${CHANNEL}`);
    return warning(
      `${triggers.map(describe).join(', ')}: none of their functions names ${CHANNEL}, unless one that they call does`,
      MIGRATE,
    );
  },
};

function describe({ name, onInsert, onUpdate }: Trigger): string {
  const events = [...(onInsert ? ['INSERT'] : []), ...(onUpdate ? ['UPDATE'] : [])];
  return `"${name}" on ${events.join(' and ') || 'neither INSERT nor UPDATE'}`;
}
