import { describeWithServer } from '../../support/describe-with-server.js';
import { SchemaSite } from '../../support/schema-site.js';
import { secondModelSql } from '../../../tools/second-model.js';
import { INSERT_BLOCKS } from './api-triggers.js';

/** A trigger on each UPDATE of a block. */
const trigger = (name: string, body: string, timing = 'BEFORE') => `
  CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} END $$;
  CREATE TRIGGER ${name} ${timing} UPDATE ON blocks FOR EACH ROW EXECUTE FUNCTION ${name}();`;

const COMPLETED = `UPDATE blocks SET embedding_v2_status = 'completed';`;
const MARK_OTHER = trigger(
  'mark_other',
  `IF NEW.embedding IS DISTINCT FROM OLD.embedding THEN NEW.embedding_v2_status := 'pending'; END IF; RETURN NEW;`,
);
const AS_ENUM = `
  CREATE TYPE model_status AS ENUM ('pending', 'processing', 'completed', 'error', 'skipped');
  ALTER TABLE blocks DROP CONSTRAINT blocks_embedding_v2_status_check, ALTER embedding_v2_status DROP DEFAULT;
  ALTER TABLE blocks ALTER embedding_v2_status TYPE model_status USING embedding_v2_status::model_status;
  ALTER TABLE blocks ALTER embedding_v2_status SET DEFAULT 'pending';`;
/** Two columns that other programs use: no worker embeds for them. */
const NO_SECOND_MODEL = `ALTER TABLE blocks ADD review text DEFAULT 'pending';`;

describeWithServer('the status of another model on the same table', () => {
  let site: SchemaSite;
  beforeEach(async () => {
    site = await SchemaSite.open();
    await site.grant();
  });
  afterEach(() => site.close());

  it.each<[string, string]>([
    ['that an edit sets pending, together with ours', INSERT_BLOCKS + secondModelSql() + COMPLETED],
    ['that is pending already', INSERT_BLOCKS + secondModelSql()],
    ['of a table without blocks', secondModelSql()],
    [
      'beside a column that a function of ours sets to NULL, though it is no status',
      INSERT_BLOCKS +
        secondModelSql() +
        COMPLETED +
        `ALTER TABLE blocks ADD updated_by text; UPDATE blocks SET updated_by = 'ann';` +
        trigger(
          'log_editor',
          `NEW.updated_by := NULL; IF NEW.content::text <> OLD.content::text THEN NEW.embedding_status := 'pending'; END IF; RETURN NEW;`,
        ),
    ],
    [
      'that is no status of a model, because there are no other vectors',
      INSERT_BLOCKS +
        NO_SECOND_MODEL +
        `UPDATE blocks SET review = 'done';` +
        trigger('review', `NEW.review := 'pending'; RETURN NEW;`),
    ],
  ])('may be one %s', async (_, sql) => {
    await site.prepare(sql);
    expect(await site.startError()).toBeUndefined();
    expect(await site.doctorFindings()).toEqual([]);
  });

  it.each<[string, string]>([
    ['when a vector is stored', INSERT_BLOCKS + secondModelSql() + COMPLETED + MARK_OTHER],
    ['although every block is pending for it now', INSERT_BLOCKS + secondModelSql() + MARK_OTHER],
    ['on a table without blocks', secondModelSql() + MARK_OTHER],
    ['though it is an enum and ours a text', INSERT_BLOCKS + secondModelSql() + COMPLETED + AS_ENUM + MARK_OTHER],
    [
      'though its type is a domain, and the trigger spells its name in another way',
      INSERT_BLOCKS +
        secondModelSql() +
        COMPLETED +
        `CREATE DOMAIN model_status AS varchar(20); ALTER TABLE blocks ALTER embedding_v2_status DROP DEFAULT;
         ALTER TABLE blocks ALTER embedding_v2_status TYPE model_status;` +
        MARK_OTHER.replace('NEW.embedding_v2_status', 'NEW.Embedding_V2_Status'),
    ],
    [
      'to NULL, which counts as pending',
      INSERT_BLOCKS +
        secondModelSql() +
        COMPLETED +
        `ALTER TABLE blocks ALTER embedding_v2_status DROP NOT NULL;` +
        trigger('mark_other', `NEW.embedding_v2_status := NULL; RETURN NEW;`),
    ],
    [
      'in a write of its own',
      INSERT_BLOCKS +
        secondModelSql() +
        COMPLETED +
        trigger(
          'mark_other',
          `IF OLD.embedding_status <> 'completed' AND NEW.embedding_status = 'completed' THEN UPDATE blocks SET embedding_v2_status = 'pending' WHERE id = NEW.id; END IF; RETURN NULL;`,
          'AFTER',
        ).replace('plpgsql', 'plpgsql SECURITY DEFINER'),
    ],
    [
      'when ours is set pending, as we do to hand a block back',
      INSERT_BLOCKS +
        secondModelSql() +
        COMPLETED +
        trigger(
          'mark_other',
          `IF NEW.embedding_status = 'pending' THEN NEW.embedding_v2_status := 'pending'; END IF; RETURN NEW;`,
        ),
    ],
  ])('must not be set pending by our own write: %s', async (_, sql) => {
    await site.prepare(sql);
    const error = await site.startError();
    expect(error).toMatchObject({ code: 'SCHEMA_TRIGGER_LOOP' });
    expect(error?.message).toMatch(
      /fires the trigger "mark_other" on public\.blocks, which sets embedding_v2_status to pending \(after '\w+'\): each vector stored here would queue the block for the worker of the other model/,
    );
    const [finding, ...others] = await site.doctorFindings();
    expect(finding).toMatchObject({ name: 'own write', status: 'failed', found: error?.message, fix: error?.fix });
    expect(others).toEqual([]);

    await site.runFix(error?.fix ?? '');
    expect(await site.startError()).toBeUndefined();
  });

  it('is the other way round the first model’s status', async () => {
    await site.prepare(
      INSERT_BLOCKS +
        secondModelSql() +
        `UPDATE blocks SET embedding_status = 'completed' WHERE block_type = 'paragraph';
         GRANT UPDATE (embedding_v2, embedding_v2_status) ON blocks TO :role;` +
        trigger(
          'mark_first',
          `IF NEW.embedding_v2 IS DISTINCT FROM OLD.embedding_v2 THEN NEW.embedding_status := 'pending'; END IF; RETURN NEW;`,
        ),
    );
    site.environment = {
      PALDOCS_QUEUE: 'embed-block-v2',
      PALDOCS_BLOCKS_EMBEDDING_COLUMN: 'embedding_v2',
      PALDOCS_BLOCKS_STATUS_COLUMN: 'embedding_v2_status',
    };
    const error = await site.startError();
    expect(error?.message).toContain('sets embedding_status to pending');
  });

  it('may notify of the other model’s edits, but not of our own writes', async () => {
    await site.prepare(
      `${INSERT_BLOCKS}${secondModelSql()}` +
        trigger('shout', `PERFORM pg_notify('embedding_queue', NEW.id::text); RETURN NULL;`, 'AFTER'),
    );
    const error = await site.startError();
    expect(error?.message).toContain('"shout" on public.blocks, which notifies embedding_queue');
  });
});
