import { isObject } from './is-object.js';
import type { LoadState } from './provider.js';

/**
 * Finds a model in the answer to `GET /api/ps`, Ollama's list of the models in memory.
 *
 * @param answer parsed JSON
 * @returns null if it is no such list
 */
export function findLoaded(answer: unknown, model: string): LoadState | null {
  const models = isObject(answer) ? answer['models'] : undefined;
  if (!Array.isArray(models)) return null;
  const wanted = fullName(model);
  const found = models.filter(isObject).find(({ name, model: alias }) => {
    return [name, alias].some((given) => typeof given === 'string' && fullName(given) === wanted);
  });
  return { isLoaded: found !== undefined, expiresAt: dateOrNull(found?.['expires_at']) };
}

/**
 * A name with the parts that Ollama adds (types/model/name.go): `all-minilm` is short for
 * `registry.ollama.ai/library/all-minilm:latest`. Ollama ignores the case.
 */
function fullName(name: string): string {
  const path = name.toLowerCase().replace(/^https?:\/\//, '');
  const tagged = path.lastIndexOf(':') > path.lastIndexOf('/') ? path : `${path}:latest`;
  const missing = Math.max(0, 3 - tagged.split('/').length);
  return [...['registry.ollama.ai', 'library'].slice(0, missing), tagged].join('/');
}

function dateOrNull(value: unknown): Date | null {
  const date = new Date(typeof value === 'string' ? value : Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}
