import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { ICronJob } from 'kubernetes-models/batch/v1/CronJob';
import type { IJob } from 'kubernetes-models/batch/v1/Job';
import type { IContainer } from 'kubernetes-models/v1/Container';
import type { IPodTemplateSpec } from 'kubernetes-models/v1/PodTemplateSpec';
import { parseAllDocuments } from 'yaml';

export const ROOT = join(import.meta.dirname, '../..');

/** What every Kubernetes resource has. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name?: string; readonly namespace?: string };
}

/** The folders that can be applied: the worker itself, and the overlays. */
export const KUSTOMIZATIONS: readonly string[] = [
  'k8s',
  ...readdirSync(join(ROOT, 'k8s/overlays')).map((overlay) => `k8s/overlays/${overlay}`),
];

/** What `kubectl apply -k` would send. */
export function build(folder: string): Resource[] {
  return parse(execFileSync('kubectl', ['kustomize', join(ROOT, folder)], { encoding: 'utf8' }));
}

/** The backfill Job, which no kustomization includes. */
export function backfillJob(): Resource {
  return only(parse(readFileSync(join(ROOT, 'k8s/backfill-job.yaml'), 'utf8')), 'Job');
}

/** The CronJob that pauses the backlog by day, which no kustomization includes. */
export function pauseByDay(): Resource {
  return only(parse(readFileSync(join(ROOT, 'k8s/pause-by-day.yaml'), 'utf8')), 'CronJob');
}

/** The CronJob that compares stored vectors every night, which no kustomization includes. */
export function verifyNightly(): Resource {
  return only(parse(readFileSync(join(ROOT, 'k8s/verify-nightly.yaml'), 'utf8')), 'CronJob');
}

/**
 * The only resource of this kind.
 *
 * @throws Error if there is none, or more than one
 */
export function only<T extends Resource>(resources: readonly Resource[], kind: T['kind']): T {
  const [found, ...others] = resources.filter((resource): resource is T => resource.kind === kind);
  if (found === undefined || others.length > 0) throw new Error(`${others.length + Number(!!found)} of kind ${kind}`);
  return found;
}

export interface Pod {
  readonly spec: NonNullable<IPodTemplateSpec['spec']>;
  readonly labels: Readonly<Record<string, string>>;
  readonly container: IContainer;
}

/** The pods of a Deployment, a Job or a CronJob, with their only container. */
export function podOf(resource: Resource): Pod {
  const owner = resource.kind === 'CronJob' ? (resource as unknown as ICronJob).spec?.jobTemplate : resource;
  const template = (owner as unknown as IDeployment | IJob).spec?.template;
  const [container, ...others] = template?.spec?.containers ?? [];
  if (!template?.spec || !container || others.length > 0) throw new Error(`${resource.kind}: no or several containers`);
  return { spec: template.spec, labels: template.metadata?.labels ?? {}, container };
}

function parse(yaml: string): Resource[] {
  return parseAllDocuments(yaml).map((document) => {
    if (document.errors.length > 0) throw new Error(document.errors.join('\n'));
    return document.toJS() as Resource;
  });
}
