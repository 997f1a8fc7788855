import { randomBytes } from 'node:crypto';
import { loadConfig, type Config } from '../../src/config/config.js';

/** What the demo reads from its environment variables. */
export interface DemoEnvironment {
  readonly config: Config;
  /** The demo's schemas on a server; undefined with the embedded database. */
  readonly schemas: DemoSchemas | undefined;
  /** Whether to use the stand-in instead of Ollama. */
  readonly usesStandIn: boolean;
}

export interface DemoSchemas {
  readonly tables: string;
  readonly queue: string;
}

/**
 * The worker's configuration for the demo. It never uses the platform's tables or queue, whatever the variables say: the
 * demo writes, and the environment may be that of production.
 *
 * @throws ConfigurationError naming the unusable variables
 */
export function demoEnvironment(environment: NodeJS.ProcessEnv): DemoEnvironment {
  const onServer = isSet(environment['PALDOCS_DATABASE_URL']);
  const usesStandIn = !isSet(environment['PALDOCS_OLLAMA_URL']);
  const ignored = [/^PALDOCS_(?:BLOCKS_|NOTES_|OPENAI_|EMBEDDING_PROVIDER$)/];
  if (!onServer) ignored.push(/DATABASE_URL$/);
  // The stand-in supports only the default model and instructions.
  if (usesStandIn) ignored.push(/^PALDOCS_EMBEDDING_(?:MODEL|(?:QUERY_)?INSTRUCTION)$/);
  const given = Object.entries(environment).filter(
    ([name, value]) => !ignored.some((names) => names.test(name)) && (isSet(value) || name.endsWith('_INSTRUCTION')),
  );

  const name = `embedding_demo_${randomBytes(4).toString('hex')}`;
  const schemas = onServer ? { tables: name, queue: `${name}_queue` } : undefined;
  const config = loadConfig({
    PALDOCS_DATABASE_URL: 'postgresql://embedded/demo', // a placeholder, which a given URL overrides
    PALDOCS_HEALTH_PORT: '0',
    PALDOCS_LOG_LEVEL: 'warn',
    ...Object.fromEntries(given),
    PALDOCS_BLOCKS_TABLE: `${schemas?.tables ?? 'public'}.blocks`,
    PALDOCS_NOTES_TABLE: `${schemas?.tables ?? 'public'}.notes`,
    PALDOCS_PGBOSS_SCHEMA: schemas?.queue ?? 'pgboss',
  });
  return { config, schemas, usesStandIn };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
