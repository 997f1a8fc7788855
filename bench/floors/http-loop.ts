import got from 'got';

/**
 * The floor of saturation: the same requests, sent one after the other by so many senders, with nothing else to do.
 *
 * @param requests the texts of each
 * @returns seconds
 */
export async function httpLoop(
  url: string,
  requests: readonly (readonly string[])[],
  inFlight: number,
): Promise<number> {
  const { Agent } = await import('node:http');
  const agent = { http: new Agent({ keepAlive: true, maxSockets: inFlight }) };
  let next = 0;
  const send = async () => {
    for (let input = requests[next++]; input !== undefined; input = requests[next++]) {
      const body = { model: 'qwen3-embedding:4b', input, dimensions: 768, truncate: false };
      await got.post(`${url}/api/embed`, { json: body, agent, retry: { limit: 0 } }).json();
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: inFlight }, send));
  agent.http.destroy();
  return (performance.now() - started) / 1000;
}
