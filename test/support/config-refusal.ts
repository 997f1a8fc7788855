import { loadConfig } from '../../src/config/config.js';
import { ConfigurationError } from '../../src/base/errors.js';

/**
 * What an environment is refused with.
 *
 * @throws Error when it is not refused, or what else goes wrong
 */
export function refusalOf(environment: Record<string, string>): string {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}
