import { readRelations } from '../../../blocks/sql/read-relations.js';
import { requireTrigger } from '../../../blocks/checks/trigger.js';
import { readTriggers, type Trigger } from '../../../blocks/sql/read-triggers.js';
import { ok, tableOf, warning, type Check } from '../check.js';
import { CHANNEL } from '../../../blocks/channel.js';

export const triggerCheck: Check = {
  name: 'trigger',
  needs: ['tables'],
  run: async (context) => {
    const { database } = context;
    const table = tableOf(context);
    await requireTrigger(database, table);
    const triggers = (await readTriggers(database, table)).filter(({ enabled }) => enabled);
    const ours = triggers.filter(({ notifies }) => notifies);
    const tables = (await readRelations(database, table)).filter(({ isPartitioned }) => !isPartitioned).length;
    const where = tables > 1 ? ` (on ${tables.toLocaleString('en-US')} tables)` : '';
    if (ours.length > 0) return ok(`${described(ours)}: notifies ${CHANNEL}${where}`);
    return warning(
      `${described(triggers)}: none of their functions names ${CHANNEL}, unless one that they call does`,
      `see that one does: SELECT pg_notify('${CHANNEL}', NEW.id::text), as in migrations-noop/trigger.sql`,
    );
  },
};

/** Partitions have triggers of the same names. */
function described(triggers: readonly Trigger[]): string {
  return [...new Set(triggers.map(describe))].join(', ');
}

function describe({ name, onInsert, onUpdate }: Trigger): string {
  const events = [...(onInsert ? ['INSERT'] : []), ...(onUpdate ? ['UPDATE'] : [])];
  return `"${name}" on ${events.join(' and ') || 'neither INSERT nor UPDATE'}`;
}
