import { EnvError, makeExactValidator } from 'envalid';
import { keepAliveSeconds, type KeepAlive } from '../embedder/keep-alive.js';

const ACCEPTED =
  'give a time such as 90s, 30m or 1h30m, a number of seconds, or a negative number to keep the model loaded for ever';

/** Ollama's `keep_alive`, except 0. Without a unit it becomes a number: Ollama rejects a string of digits. */
export const keepAlive = makeExactValidator<KeepAlive>((input) => {
  const text = input.trim();
  const value = /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  const seconds = keepAliveSeconds(value);
  if (seconds === undefined) throw new EnvError(`"${input}" is not a time that Ollama accepts: ${ACCEPTED}`);
  if (seconds === 0) throw new EnvError(`"${input}" unloads the model after each request: ${ACCEPTED}`);
  return value;
});
