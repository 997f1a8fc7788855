import { quoteColumn } from '../../../postgres/identifiers.js';
import { createBoss, migrateAsOwner } from '../../../queue/boss.js';
import { DEAD_LETTER_QUEUE, QUEUE } from '../../../queue/job.js';
import type { QueuePrivileges } from '../../../queue/sql/read-queue-privileges.js';
import { requireQueuePrivileges } from '../../../queue/privileges.js';
import { readSchemaState } from '../../../queue/schema-state.js';
import { inspectQueueSchema, requireOwnVersion } from '../../../queue/queue-schema.js';
import { readQueues } from '../../../queue/sql/read-queues.js';
import { failed, ok, warning, type Check, type CheckContext, type Finding } from '../check.js';

export const queueCheck: Check = {
  name: 'queue',
  needs: ['database'],
  run: async (context) => {
    const { config, database } = context;
    const schema = config.pgBossSchema;
    const { installed } = await inspectQueueSchema(database, schema);
    const privileges = await requireQueuePrivileges(database, schema);
    if (!installed) return ok(`there is no queue in the schema ${schema} yet: the first worker makes it`);
    await requireOwnVersion(database, schema);
    return (await checkSchema(context, privileges)) ?? (await checkQueues(context, privileges));
  },
};

async function checkSchema(
  { config, database, log }: CheckContext,
  { owns }: QueuePrivileges,
): Promise<Finding | undefined> {
  const schema = config.pgBossSchema;
  // Never started: that would make or migrate the schema.
  const boss = await createBoss(database, config, { instanceName: 'doctor', log, sendOnly: true });
  const { version, expected, differences, statements } = await readSchemaState(boss);
  const what = `pg-boss schema ${schema}, version ${version ?? 'unknown'}`;
  if (expected !== null && version !== expected) {
    return version !== null && version > expected
      ? warning(`${what}: made by a newer pg-boss, whose version here is ${expected}`, 'update this worker')
      : owns
        ? warning(`${what}: ${expected} is current`, 'start a worker of this version, which migrates it')
        : failed(
            `${what}: this worker needs ${expected}, and its role does not own the schema`,
            migrateAsOwner(schema),
          );
  }
  if (differences.length === 0) return undefined;
  return failed(`${what}, has drifted: ${differences.join('; ')}`, mend(schema, differences.length, statements));
}

async function checkQueues(
  { config, database }: CheckContext,
  { role, mayMakeQueues }: QueuePrivileges,
): Promise<Finding> {
  const schema = config.pgBossSchema;
  const queues = await readQueues(database, schema);
  const queue = queues.find(({ name }) => name === QUEUE);
  if (queue === undefined && !mayMakeQueues) {
    return failed(
      `pg-boss is there; the role ${role} may not make the queue ${QUEUE}`,
      `as the owner of the schema: k8s/role-without-ownership.sql, which makes it; or GRANT INSERT ON ${quoteColumn(schema)}.queue TO ${quoteColumn(role)};`,
    );
  }
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
