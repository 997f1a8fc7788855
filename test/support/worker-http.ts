export interface Endpoint {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
  /** The body, if it is JSON. */
  readonly json: unknown;
}

export async function get(url: string, method = 'GET'): Promise<Endpoint> {
  const response = await fetch(url, { method, signal: AbortSignal.timeout(10_000), headers: { connection: 'close' } });
  const text = await response.text();
  const type = response.headers.get('content-type');
  const json: unknown = type?.includes('json') === true && text !== '' ? JSON.parse(text) : undefined;
  return { status: response.status, type, text, json };
}

/**
 * The value of a metric, with its labels as Prometheus writes them: `embedding_total{outcome="completed"}`. The label
 * `queue`, which all metrics have, is left out.
 */
export async function readMetric(url: string, name: string): Promise<number | undefined> {
  const { text } = await get(`${url}/metrics`);
  return metricIn(text, name);
}

export function metricIn(text: string, name: string): number | undefined {
  const line = withoutQueue(text)
    .split('\n')
    .find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

/** Metrics as text without the label that all of them have. */
export function withoutQueue(text: string): string {
  return text.replaceAll(/\{queue="[^"]*"\}|queue="[^"]*",|,queue="[^"]*"/g, '');
}
