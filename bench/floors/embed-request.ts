import type { Pool } from 'undici';

/**
 * The request of the floors: nothing is looked at but the status.
 *
 * @returns the answer's bytes
 * @throws Error when the stand-in refuses
 */
export async function requestEmbeddings(pool: Pool, input: readonly string[]): Promise<Buffer> {
  const body = JSON.stringify({ model: 'qwen3-embedding:4b', input, dimensions: 768, truncate: false });
  const headers = { 'content-type': 'application/json' };
  const response = await pool.request({ path: '/api/embed', method: 'POST', headers, body });
  const answer = Buffer.from(await response.body.arrayBuffer());
  if (response.statusCode !== 200) throw new Error(`the stand-in answered ${response.statusCode}`);
  return answer;
}
