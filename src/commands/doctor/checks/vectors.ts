import { requireModel } from '../../../embedder/require-model.js';
import { probeVector } from '../../../embedder/probe.js';
import { failed, ok, tableOf, type Check } from '../check.js';
import { findingOf } from '../finding-of.js';
import { WorkerError } from '../../../base/errors.js';
import { duration, number } from '../../../terminal/output.js';

/** Below this, the model was already loaded. */
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
      const cut = native > dimensions ? ` (cut from ${number(native)})` : '';
      const loaded = loadMs < LOAD_MS ? '' : `; loading the model took ${duration(loadMs / 1000)}`;
      return ok(`${dimensions} dimensions${cut}, as in the column; all values finite, length 1${loaded}`);
    } catch (error) {
      if (!(error instanceof WorkerError)) throw error;
      const { found, fix = `read the log of ${provider.dialect.name}; restart it if it crashed` } = findingOf(error);
      return failed(found, fix);
    }
  },
};
