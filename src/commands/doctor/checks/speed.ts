import { probeSpeed } from '../../../embedder/probe.js';
import { counted, number } from '../../../terminal/output.js';
import { failed, ok, tableOf, type Check } from '../check.js';

export const speedCheck: Check = {
  name: 'speed',
  needs: ['vectors'],
  run: async (context) => {
    const { provider, signal, config } = context;
    const { model, instruction } = config;
    const { dimensions } = tableOf(context);
    const { name } = provider.dialect;
    const { singleMs, batchMs, texts, isMax, consistent, distinct } = await probeSpeed({
      provider,
      model,
      dimensions,
      instruction,
      signal,
    });
    if (!distinct) return failed('two different texts get the same vector', `update ${name}, and pull the model again`);
    if (!consistent) return failed('a text gets a different vector alone than in a batch', `update ${name}`);
    const perSecond = number(Math.max(1, Math.round((1000 * texts) / batchMs)));
    const one = `1 text in ${Math.ceil(singleMs)} ms`;
    const many = texts === 1 ? '' : `, ${texts} texts in ${Math.ceil(batchMs)} ms`;
    const limit = isMax ? `; the server takes at most ${counted(texts, 'text')} per request` : '';
    return ok(`${one}${many}: about ${perSecond} texts per second${limit}`);
  },
};
