import { failed, ok, warning, type Check } from '../check.js';
import { reach } from './reach.js';

/** The first version that cuts vectors to the requested dimensions. */
const MIN_VERSION = [0, 11, 11] as const;

export const ollamaCheck: Check = {
  name: 'ollama',
  needs: [],
  run: async (context) => {
    const reached = await reach(context, 'start Ollama, or correct PALDOCS_OLLAMA_URL');
    if ('status' in reached) return reached;
    const { where } = reached;
    const version = reached.version ?? 'unknown';
    const order = compare(version);
    if (order === undefined)
      return warning(`${where} reports the version "${version}"`, 'make sure that it is 0.11.11 or later');
    if (order < 0) {
      return failed(
        `${where} is Ollama ${version}, which ignores "dimensions"`,
        'update it to 0.11.11 or later: curl -fsSL https://ollama.com/install.sh | sh',
      );
    }
    return ok(`Ollama ${version} at ${where}`);
  },
};

/** @returns less than 0 if older than MIN_VERSION; undefined if it is not a version */
function compare(version: string): number | undefined {
  const numbers = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  if (numbers === undefined || numbers.every((number) => number === 0)) return undefined; // built from source: 0.0.0
  return MIN_VERSION.map((least, i) => (numbers[i] ?? 0) - least).find((difference) => difference !== 0) ?? 0;
}
