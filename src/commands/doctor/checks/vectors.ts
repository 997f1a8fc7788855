import { requireModel } from '../../../embedder/require-model.js';
import { probeVector } from '../../../embedder/probe.js';
import { failed, ok, tableOf, type Check } from '../check.js';
import { describeLoading } from '../describe-loading.js';
import { findingOf } from '../finding-of.js';
import { WorkerError } from '../../../base/errors.js';
import { number } from '../../../terminal/output.js';

export const vectorsCheck: Check = {
  name: 'vectors',
  needs: ['tables', 'model'],
  run: async (context) => {
    const { config, provider, facts, signal } = context;
    const { model, instruction } = config;
    const { dimensions } = tableOf(context);
    try {
      const loading = await describeLoading(context, async () => {
        await requireModel(provider, model, dimensions, signal); // embeds a text if the server does not tell the dimensions
        await provider.load(signal);
      });
      await probeVector({ provider, model, dimensions, instruction, signal });
      const native = facts.model?.dimensions ?? dimensions;
      const cut = native > dimensions ? ` (cut from ${number(native)})` : '';
      return ok(`${dimensions} dimensions${cut}, as in the column; all values finite, length 1${loading}`);
    } catch (error) {
      if (!(error instanceof WorkerError)) throw error;
      const { found, fix = `read the log of ${provider.dialect.name}; restart it if it crashed` } = findingOf(error);
      return failed(found, fix);
    }
  },
};
