import { floorAgent, requestEmbeddings } from './embed-request.js';

/**
 * The floor of the saturation and freshness scenarios: sends the same requests and does nothing else.
 *
 * @param requests the texts of each request
 * @returns the total time, and the time of each request in the order of the responses
 */
export async function httpLoop(
  url: string,
  requests: readonly (readonly string[])[],
  inFlight: number,
): Promise<{ readonly seconds: number; readonly requestMs: readonly number[] }> {
  const agent = floorAgent(inFlight);
  const requestMs: number[] = [];
  let next = 0;
  const send = async () => {
    for (let input = requests[next++]; input !== undefined; input = requests[next++]) {
      const sent = performance.now();
      const answer = await requestEmbeddings(agent, url, input);
      JSON.parse(answer.toString());
      requestMs.push(performance.now() - sent);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: inFlight }, send));
  const seconds = (performance.now() - started) / 1000;
  agent.destroy();
  return { seconds, requestMs };
}
