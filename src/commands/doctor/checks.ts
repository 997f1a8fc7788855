import type { ProviderKind } from '../../embedder/dialect.js';
import type { Check } from './check.js';
import { contextCheck } from './checks/context.js';
import { databaseCheck } from './checks/database.js';
import { indexesCheck } from './checks/indexes.js';
import { modelCheck } from './checks/model.js';
import { notificationsCheck } from './checks/notifications.js';
import { ollamaCheck } from './checks/ollama.js';
import { openaiCheck } from './checks/openai.js';
import { ownWriteCheck } from './checks/own-write.js';
import { payloadCheck } from './checks/payload.js';
import { pgvectorCheck } from './checks/pgvector.js';
import { privilegesCheck } from './checks/privileges.js';
import { queueCheck } from './checks/queue.js';
import { speedCheck } from './checks/speed.js';
import { storedVectorsCheck } from './checks/stored-vectors.js';
import { tablesCheck } from './checks/tables.js';
import { triggerCheck } from './checks/trigger.js';
import { vectorsCheck } from './checks/vectors.js';

const SERVER_CHECKS = { ollama: ollamaCheck, openai: openaiCheck };

/** Ordered so that each check comes after those it needs. */
export const checksFor = (provider: ProviderKind): readonly Check[] => [
  databaseCheck,
  pgvectorCheck,
  tablesCheck,
  privilegesCheck,
  contextCheck,
  triggerCheck,
  ownWriteCheck,
  notificationsCheck,
  payloadCheck,
  queueCheck,
  indexesCheck,
  SERVER_CHECKS[provider],
  modelCheck,
  vectorsCheck,
  storedVectorsCheck,
  speedCheck,
];
