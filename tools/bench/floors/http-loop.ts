import { floorAgent, requestEmbeddings } from './embed-request.js';

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
