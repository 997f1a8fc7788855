import { BATCH_TEXTS, probeSpeed } from '../../../embedder/probe.js';
import { failed, ok, tableOf, type Check } from '../check.js';

export const speedCheck: Check = {
  name: 'speed',
  needs: ['vectors'],
  run: async (context) => {
    const { provider, signal, config } = context;
    const { model, instruction } = config;
    const { dimensions } = tableOf(context);
    const { name } = provider.dialect;
    const { singleMs, batchMs, consistent, distinct } = await probeSpeed({
      provider,
      model,
      dimensions,
      instruction,
      signal,
    });
    if (!distinct) return failed('two unlike texts have the same vector', `update ${name}, and fetch the model again`);
    if (!consistent) return failed('a text has another vector alone than among others', `update ${name}`);
    const each = batchMs / BATCH_TEXTS;
    return ok(
      `one text in ${Math.ceil(singleMs)} ms, ${BATCH_TEXTS} in ${Math.ceil(batchMs)} ms: about ${Math.max(1, Math.round(1000 / each)).toLocaleString('en-US')} texts a second`,
    );
  },
};
