import { readRelations } from '../../../blocks/sql/read-relations.js';
import { requireTrigger } from '../../../blocks/checks/trigger.js';
import { readTriggers, type Trigger } from '../../../blocks/sql/read-triggers.js';
import { number } from '../../../terminal/output.js';
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
    const notifying = triggers.filter(({ notifies }) => notifies);
    const tables = (await readRelations(database, table)).filter(({ isPartitioned }) => !isPartitioned).length;
    const where = tables > 1 ? ` (on ${number(tables)} tables)` : '';
    if (notifying.length > 0) return ok(`${described(notifying)}: notify ${CHANNEL}${where}`);
    return warning(
      `${described(triggers)}: their functions do not name ${CHANNEL}; unless one that they call does, edits wait for the sweep`,
      `add to one of them: PERFORM pg_notify('${CHANNEL}', NEW.${table.id}::text); as in migrations-noop/trigger.sql`,
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
