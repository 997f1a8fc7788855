import { quoteColumn } from '../../../database/identifiers.js';
import { createBoss } from '../../../queue/boss.js';
import { DEAD_LETTER_QUEUE, QUEUE } from '../../../queue/job.js';
import { readSchemaState } from '../../../queue/schema-state.js';
import { queueExists } from '../../../queue/sql/queue-exists.js';
import { readQueuePrivileges } from '../../../queue/sql/read-queue-privileges.js';
import { readQueues } from '../../../queue/sql/read-queues.js';
import { failed, ok, warning, type Check, type CheckContext, type Finding } from '../check.js';

export const queueCheck: Check = {
  name: 'queue',
  needs: ['database'],
  run: async (context) => {
    const { config, database } = context;
    const schema = config.pgBossSchema;
    const refused = await checkPrivileges(context);
    if (refused !== undefined) return refused;
    if (!(await queueExists(database, schema))) {
      return ok(`there is no queue in the schema ${schema} yet: the first worker makes it`);
    }
    return (await checkSchema(context)) ?? (await checkQueues(context));
  },
};

async function checkPrivileges({ config, database }: CheckContext): Promise<Finding | undefined> {
  const schema = config.pgBossSchema;
  const privileges = await readQueuePrivileges(database, schema);
  const { exists, mayCreate, mayUse, closedTables } = privileges;
  const [role, quoted] = [quoteColumn(privileges.role), quoteColumn(schema)];
  if (!exists && !mayCreate) {
    return failed(
      `the role ${privileges.role} may not make the schema ${schema}, which holds the queue`,
      `GRANT CREATE ON DATABASE ${quoteColumn(privileges.database)} TO ${role};`,
    );
  }
  if (!exists || (mayUse && closedTables.length === 0)) return undefined;
  return failed(
    `the role ${privileges.role} may not use the schema ${schema}${mayUse ? `: its tables ${closedTables.join(', ')}` : ''}`,
    `GRANT USAGE ON SCHEMA ${quoted} TO ${role};\nGRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${quoted} TO ${role};`,
  );
}

async function checkSchema({ config, database, log }: CheckContext): Promise<Finding | undefined> {
  const schema = config.pgBossSchema;
  // Never started: that would make or migrate the schema.
  const boss = await createBoss(database, config, { instanceName: 'doctor', log, sendOnly: true });
  const { version, expected, differences, statements } = await readSchemaState(boss);
  const what = `pg-boss schema ${schema}, version ${version ?? 'unknown'}`;
  if (expected !== null && version !== expected) {
    return version !== null && version > expected
      ? warning(`${what}: made by a newer pg-boss, whose version here is ${expected}`, 'update this worker')
      : warning(`${what}: ${expected} is current`, 'start a worker of this version, which migrates it');
  }
  if (differences.length === 0) return undefined;
  return failed(`${what}, has drifted: ${differences.join('; ')}`, mend(schema, differences.length, statements));
}

async function checkQueues({ config, database }: CheckContext): Promise<Finding> {
  const schema = config.pgBossSchema;
  const queues = await readQueues(database, schema);
  const queue = queues.find(({ name }) => name === QUEUE);
  if (queue === undefined) return ok(`pg-boss is there; the first worker makes the queue ${QUEUE}`);
  if (queue.policy === 'exclusive') {
    const names = queues.some(({ name }) => name === DEAD_LETTER_QUEUE) ? `${QUEUE}, ${DEAD_LETTER_QUEUE}` : QUEUE;
    return ok(`${names} in the schema ${schema}; nothing has drifted from what pg-boss expects`);
  }
  return failed(
    `the queue ${QUEUE} has the policy ${queue.policy}, not exclusive, under which edits can be lost`,
    remake(schema),
  );
}

/** What is missing but for indexes has no statement of its own. */
function mend(schema: string, differences: number, statements: readonly string[]): string {
  return statements.length >= differences ? statements.map((sql) => `${sql};`).join('\n') : remake(schema);
}

/** Nothing is lost by it but what failed blocks failed of: blocks that wait are found by the sweep. */
function remake(schema: string): string {
  return `stop all workers, then: DROP SCHEMA ${quoteColumn(schema)} CASCADE; and start them, which makes it anew and finds what waits`;
}
