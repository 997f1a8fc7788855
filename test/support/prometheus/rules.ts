import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook_url', string>>;
}

/** The format of Prometheus's rule files, which the operator's resource contains. */
export interface Rules {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Alert[] }[];
}

const FILE = new URL('../../../k8s/overlays/monitoring/prometheus-rule.yaml', import.meta.url);

export async function readRules(): Promise<Rules> {
  const { apiVersion, kind, spec } = parse(await readFile(FILE, 'utf8')) as Record<string, unknown>;
  if (apiVersion !== 'monitoring.coreos.com/v1' || kind !== 'PrometheusRule') {
    throw new Error(`not a PrometheusRule: ${String(apiVersion)} ${String(kind)}`);
  }
  return spec as Rules;
}

export async function readAlerts(): Promise<Alert[]> {
  return (await readRules()).groups.flatMap(({ rules }) => rules);
}
