import { requireModel } from '../../../embedder/require-model.js';
import { probeVector } from '../../../embedder/probe.js';
import { failed, ok, tableOf, type Check } from '../check.js';
import { findingOf } from '../finding-of.js';
import { WorkerError } from '../../../errors.js';
import { duration } from '../../output.js';

/** Shorter than this, the model was loaded before. */
const LOAD_MS = 500;

export const vectorsCheck: Check = {
  name: 'vectors',
  needs: ['tables', 'model'],
  run: async (context) => {
    const { config, provider, facts, signal } = context;
    const { model, instruction } = config;
    const { dimensions } = tableOf(context);
    try {
      await requireModel(provider, model, dimensions, signal);
      const { loadMs } = await probeVector({ provider, model, dimensions, instruction, signal });
      const native = facts.model?.dimensions ?? dimensions;
      const cut = native > dimensions ? `, cut from ${native}` : '';
      const loaded = loadMs < LOAD_MS ? '' : `; loading the model took ${duration(loadMs / 1000)}`;
      return ok(`${dimensions} dimensions${cut}, as the column holds, finite and of length 1${loaded}`);
    } catch (error) {
      if (!(error instanceof WorkerError)) throw error;
      const { found, fix = adviceFor(error.code, dimensions, provider.dialect.name) } = findingOf(error);
      return failed(found, fix);
    }
  },
};

function adviceFor(code: string, dimensions: number, server: string): string {
  return code === 'EMBEDDING_DIMENSIONS'
    ? `set PALDOCS_EMBEDDING_MODEL to a model of ${dimensions} dimensions, or one that may be cut to it, such as qwen3-embedding:4b`
    : `look at the log of ${server}; restarting it helps where it has crashed`;
}
