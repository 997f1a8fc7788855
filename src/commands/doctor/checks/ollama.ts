import { withoutSecrets } from '../../../database/reachable.js';
import { WorkerError } from '../../../errors.js';
import { failed, ok, warning, type Check } from '../check.js';
import { inTime } from '../in-time.js';

const TIMEOUT_MS = 5_000;
/** The first that cuts vectors to the dimensions asked for. */
const OLDEST = [0, 11, 11] as const;

export const ollamaCheck: Check = {
  name: 'ollama',
  needs: [],
  run: async ({ config, provider, signal }) => {
    const where = withoutSecrets(config.ollamaUrl).replace(/\/$/, '');
    const version = await inTime(TIMEOUT_MS, signal, (limit) => provider.version(limit)).catch((error: unknown) => {
      if (error instanceof WorkerError && error.code === 'OLLAMA_UNREACHABLE') return error;
      throw error;
    });
    if (version instanceof WorkerError) {
      return failed(`${where}: ${version.message}`, 'start Ollama, or correct PALDOCS_OLLAMA_URL');
    }
    if (version === undefined) {
      return failed(
        `${where} does not answer within ${TIMEOUT_MS / 1000} s`,
        'start Ollama, or correct PALDOCS_OLLAMA_URL',
      );
    }
    const order = compare(version ?? 'unknown');
    if (order === undefined)
      return warning(`${where} says its version is "${version ?? 'unknown'}"`, 'check that it is 0.11.11 or later');
    if (order < 0) {
      return failed(
        `${where} is Ollama ${version ?? 'unknown'}, which ignores "dimensions"`,
        'update it to 0.11.11 or later: curl -fsSL https://ollama.com/install.sh | sh',
      );
    }
    return ok(`${version ?? 'unknown'} at ${where}`);
  },
};

/** @returns less than 0 where it is older than OLDEST; undefined where it is no version */
function compare(version: string): number | undefined {
  const numbers = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  if (numbers === undefined || numbers.every((number) => number === 0)) return undefined; // built from source: 0.0.0
  return OLDEST.map((oldest, i) => (numbers[i] ?? 0) - oldest).find((difference) => difference !== 0) ?? 0;
}
