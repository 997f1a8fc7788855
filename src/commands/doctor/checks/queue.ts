import { quoteColumn } from '../../../postgres/identifiers.js';
import { createBoss, migrateAsOwner } from '../../../queue/boss.js';
import { literal, type QueueNames } from '../../../queue/queue-names.js';
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
    const { schema } = config.names;
    const { installed } = await inspectQueueSchema(database, schema);
    const privileges = await requireQueuePrivileges(database, schema);
    if (!installed) return ok(`no queue in the schema ${schema} yet; the first worker creates it`);
    await requireOwnVersion(database, config.names);
    return (await checkSchema(context, privileges)) ?? (await checkQueues(context, privileges));
  },
};

async function checkSchema(
  { config, database, log }: CheckContext,
  { owns }: QueuePrivileges,
): Promise<Finding | undefined> {
  const { schema } = config.names;
  // Never started: that would create or migrate the schema.
  const boss = await createBoss(database, config, { instanceName: 'doctor', log, sendOnly: true });
  const { version, expected, differences, statements } = await readSchemaState(boss);
  const what = `pg-boss schema ${schema}, version ${version ?? 'unknown'}`;
  if (expected !== null && version !== expected) {
    return version !== null && version > expected
      ? warning(`${what}: created by a newer pg-boss; this worker expects version ${expected}`, 'update this worker')
      : owns
        ? warning(
            `${what}: this worker expects version ${expected}`,
            'start a worker of this version, which migrates it',
          )
        : failed(
            `${what}: this worker needs version ${expected}, and its role does not own the schema`,
            migrateAsOwner(schema),
          );
  }
  if (differences.length === 0) return undefined;
  return failed(
    `${what}: differs from what pg-boss expects: ${differences.join('; ')}`,
    fixFor(schema, differences.length, statements),
  );
}

async function checkQueues(
  { config, database }: CheckContext,
  { role, mayCreateQueues }: QueuePrivileges,
): Promise<Finding> {
  const { schema, queue, deadLetters } = config.names;
  const queues = await readQueues(database, config.names);
  const found = queues.find(({ name }) => name === queue);
  if (found === undefined && !mayCreateQueues) {
    return failed(
      `pg-boss is installed, but the role ${role} may not create the queue ${queue}`,
      `as the owner of the schema: k8s/role-without-ownership.sql, which creates it; or GRANT INSERT ON ${quoteColumn(schema)}.queue TO ${quoteColumn(role)};`,
    );
  }
  if (found === undefined) return ok(`pg-boss is installed; the first worker creates the queue ${queue}`);
  if (found.policy === 'exclusive') {
    const names = queues.some(({ name }) => name === deadLetters) ? `${queue} and ${deadLetters}` : queue;
    return ok(`${names} in the schema ${schema}, as pg-boss expects them`);
  }
  return failed(
    `the queue ${queue} has the policy ${found.policy}, not exclusive: edits can be lost`,
    recreateQueue(config.names),
  );
}

/** pg-boss gives statements for missing indexes only. */
function fixFor(schema: string, differences: number, statements: readonly string[]): string {
  return statements.length >= differences ? statements.map((sql) => `${sql};`).join('\n') : recreateSchema(schema);
}

/** Loses only the reasons of failed blocks: the sweep finds pending blocks again. */
function recreateSchema(schema: string): string {
  return `stop all workers, then: DROP SCHEMA ${quoteColumn(schema)} CASCADE; then start them again: they recreate it and find pending blocks`;
}

function recreateQueue({ schema, queue }: QueueNames): string {
  return `stop all workers, then: SELECT ${quoteColumn(schema)}.delete_queue(${literal(queue)}); then start them again: they recreate it and find pending blocks`;
}
