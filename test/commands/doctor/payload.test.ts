import { mayCarryId } from '../../../src/commands/doctor/checks/payload.js';

const source = (statement: string) => `BEGIN\n  NEW.embedding_status := 'pending';\n  ${statement}\n  RETURN NEW;\nEND`;

describe('a trigger function', () => {
  it.each([
    `PERFORM pg_notify('embedding_queue', NEW.id::text);`,
    `PERFORM pg_notify('embedding_queue', 'blocks:' || NEW."id");`,
    `PERFORM pg_notify('embedding_queue', row_to_json(NEW)::text);`,
    `PERFORM pg_notify('embedding_queue', json_build_object('id', NEW.id, 'op', TG_OP)::text);`,
    `PERFORM pg_notify('embedding_queue', payload);`,
    `PERFORM pg_notify(channel, 'wake'); -- embedding_queue`,
    `EXECUTE format('NOTIFY embedding_queue, %L', NEW.id);`,
  ])('that runs %s may send the block id', (statement) => {
    expect(mayCarryId(source(statement), 'id')).toBe(true);
  });

  it.each([
    `NOTIFY embedding_queue;`,
    `NOTIFY embedding_queue, 'wake';`,
    `PERFORM pg_notify('embedding_queue', '');`,
    `PERFORM pg_notify('embedding_queue', 'wake'); -- not NEW.id`,
    `PERFORM pg_notify('embedding_queue', TG_OP || ' id ' || NEW.note_id::text);`,
    `PERFORM pg_notify('embedding_queue', json_build_object('id', NEW.note_id)::text);`,
    `PERFORM pg_notify('embedding_queue', NULL);`,
  ])('that runs %s does not send it', (statement) => {
    expect(mayCarryId(source(statement), 'id')).toBe(false);
  });
});
