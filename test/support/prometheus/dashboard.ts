import { readFile } from 'node:fs/promises';

interface Position {
  readonly h: number;
  readonly w: number;
  readonly x: number;
  readonly y: number;
}

export interface Panel {
  readonly id: number;
  readonly type: 'row' | 'stat' | 'timeseries';
  readonly title: string;
  readonly description?: string;
  readonly gridPos: Position;
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit: string } };
}

/** The parts of Grafana's dashboard format that the tests use. */
export interface Dashboard {
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[];
  };
  readonly panels: readonly Panel[];
}

const FILE = new URL('../../../k8s/overlays/dashboard/embedding-worker.json', import.meta.url);

export async function readDashboard(): Promise<Dashboard> {
  return JSON.parse(await readFile(FILE, 'utf8')) as Dashboard;
}

/** A query as Grafana sends it, with its variables replaced. */
export function substituted(expr: string): string {
  return expr
    .replaceAll('$namespace', 'pal-e')
    .replaceAll('$queue', 'embed-block')
    .replaceAll('$__rate_interval', '1m');
}
