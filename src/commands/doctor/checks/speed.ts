import { probeSpeed } from '../../../embedder/probe.js';
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
    if (!distinct) return failed('two unlike texts have the same vector', `update ${name}, and fetch the model again`);
    if (!consistent) return failed('a text has another vector alone than among others', `update ${name}`);
    const perSecond = Math.max(1, Math.round((1000 * texts) / batchMs)).toLocaleString('en-US');
    const one = `one text in ${Math.ceil(singleMs)} ms`;
    const many = texts === 1 ? '' : `, ${texts} in ${Math.ceil(batchMs)} ms`;
    const most = isMax ? `; takes ${texts} ${texts === 1 ? 'text' : 'texts'} a request` : '';
    return ok(`${one}${many}: about ${perSecond} texts a second${most}`);
  },
};
