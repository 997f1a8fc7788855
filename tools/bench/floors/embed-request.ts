import { Agent, request, type IncomingMessage } from 'node:http';

/**
 * The cheapest embedding request that Node can send. It checks only the status.
 *
 * @param agent keeps the connections
 * @returns the body of the response
 * @throws Error if the status is not 200
 */
export async function requestEmbeddings(agent: Agent, url: string, input: readonly string[]): Promise<Buffer> {
  const body = Buffer.from(JSON.stringify({ model: 'qwen3-embedding:4b', input, dimensions: 768, truncate: false }));
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  const answer = Promise.withResolvers<IncomingMessage>();
  request(`${url}/api/embed`, { method: 'POST', agent, headers }, answer.resolve).on('error', answer.reject).end(body);
  const response = await answer.promise;
  const chunks: Buffer[] = [];
  const whole = Promise.withResolvers<Buffer>();
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('end', () => whole.resolve(Buffer.concat(chunks))).on('error', whole.reject);
  const bytes = await whole.promise;
  if (response.statusCode !== 200) throw new Error(`the stand-in answered ${response.statusCode ?? 'nothing'}`);
  return bytes;
}

/** Keeps this many connections for the requests of a floor. */
export function floorAgent(connections: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: connections });
}
