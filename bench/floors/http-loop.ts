import { Pool } from 'undici';

/**
 * The floor of saturation and of freshness: the same requests, sent by so many senders, with nothing else to do.
 *
 * @param requests the texts of each
 * @returns seconds in all, and milliseconds of each request in the order of their answers
 */
export async function httpLoop(
  url: string,
  requests: readonly (readonly string[])[],
  inFlight: number,
): Promise<{ readonly seconds: number; readonly requestMs: readonly number[] }> {
  const pool = new Pool(url, { connections: inFlight });
  const requestMs: number[] = [];
  let next = 0;
  const send = async () => {
    for (let input = requests[next++]; input !== undefined; input = requests[next++]) {
      const sent = performance.now();
      const body = JSON.stringify({ model: 'qwen3-embedding:4b', input, dimensions: 768, truncate: false });
      const headers = { 'content-type': 'application/json' };
      const response = await pool.request({ path: '/api/embed', method: 'POST', headers, body });
      await response.body.json();
      if (response.statusCode !== 200) throw new Error(`the stand-in answered ${response.statusCode}`);
      requestMs.push(performance.now() - sent);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: inFlight }, send));
  const seconds = (performance.now() - started) / 1000;
  await pool.close();
  return { seconds, requestMs };
}
