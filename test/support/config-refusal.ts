import { loadConfig } from '../../src/config/config.js';
import { ConfigurationError } from '../../src/base/errors.js';

/**
 * The error with which the configuration rejects an environment.
 *
 * @throws Error if it accepts it, or any other error
 */
export function refusalOf(environment: Record<string, string>): string {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  throw new Error('the configuration was accepted');
}
