import type { IPodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { loadConfig } from '../../src/config/config.js';
import { describeWithProgram } from '../support/describe-with-program.js';
import { backfillJob, build, only, pauseByDay, podOf, verifyNightly, type Resource } from './manifests.js';

type Labels = Readonly<Record<string, string>>;
interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

/** Matches labels as Kubernetes does, as far as the manifests need it. */
function selects(selector: Selector | undefined, labels: Labels): boolean {
  if (selector === undefined) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      if (operator !== 'In') throw new Error(`${operator} is not used so far`);
      return values.includes(labels[key] ?? '');
    })
  );
}

describeWithProgram('kubectl', 'a selector', () => {
  const deployment = () => only<IDeployment & Resource>(build('k8s'), 'Deployment');
  const worker = () => podOf(deployment()).labels;
  const secondModel = () => podOf(only(build('k8s/overlays/second-model'), 'Deployment')).labels;
  const backfill = () => podOf(backfillJob()).labels;
  const pause = () => podOf(pauseByDay()).labels;
  const verification = () => podOf(verifyNightly()).labels;

  it('of the Deployment selects its own pods, and not those of another model or a Job', () => {
    const selector = deployment().spec?.selector;
    const others = [secondModel(), backfill(), pause(), verification()];
    expect(selects(selector, worker())).toBe(true);
    expect(others.map((labels) => selects(selector, labels))).toEqual([false, false, false, false]);
  });

  it('of the spread constraint selects the pods of the Deployment', () => {
    const [constraint, ...others] = podOf(deployment()).spec.topologySpreadConstraints ?? [];
    expect(others).toEqual([]);
    expect(constraint).toMatchObject({ topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' });
    expect(selects(constraint?.labelSelector, worker())).toBe(true);
  });

  it('of the disruption budget lets a node with the only worker be drained', () => {
    const { spec } = only<IPodDisruptionBudget & Resource>(build('k8s'), 'PodDisruptionBudget');
    expect(spec).toMatchObject({ maxUnavailable: 1 });
    expect([selects(spec?.selector, worker()), selects(spec?.selector, backfill())]).toEqual([true, false]);
  });

  it('of the second model’s disruption budget covers its own pods only', () => {
    const { spec } = only<IPodDisruptionBudget & Resource>(build('k8s/overlays/second-model'), 'PodDisruptionBudget');
    expect([worker(), secondModel()].map((labels) => selects(spec?.selector, labels))).toEqual([false, true]);
  });

  it('of the PodMonitor covers worker and backfill, at the right port and path', () => {
    const { spec } = only<IPodMonitor & Resource>(build('k8s/overlays/monitoring'), 'PodMonitor');
    for (const labels of [worker(), secondModel(), backfill()]) expect(selects(spec.selector, labels)).toBe(true);
    expect(spec.podMetricsEndpoints).toMatchObject([{ port: 'http', path: '/metrics' }]);
    for (const pod of [podOf(deployment()), podOf(backfillJob())])
      expect(pod.container.ports).toContainEqual({ name: 'http', containerPort: 8001 });
  });

  it('of the NetworkPolicy covers all of them', () => {
    const { spec } = only<INetworkPolicy & Resource>(build('k8s'), 'NetworkPolicy');
    for (const labels of [worker(), secondModel(), backfill(), pause(), verification()])
      expect(selects(spec?.podSelector, labels)).toBe(true);
    expect(spec?.policyTypes).toEqual(['Ingress', 'Egress']);
  });

  it('of the NetworkPolicy admits requests for health and metrics, and allows only DNS, PostgreSQL, Ollama and a trace collector', () => {
    const { spec } = only<INetworkPolicy & Resource>(build('k8s'), 'NetworkPolicy');
    expect(spec?.ingress).toEqual([{ ports: [{ protocol: 'TCP', port: 'http' }] }]);
    const ollama = new URL(loadConfig({ PALDOCS_DATABASE_URL: 'postgresql://db/paldocs' }).ollamaUrl);
    const namespace = ollama.hostname.split('.')[1];
    expect(spec?.egress).toEqual([
      {
        ports: [
          { protocol: 'UDP', port: 53 },
          { protocol: 'TCP', port: 53 },
        ],
      },
      { ports: [{ protocol: 'TCP', port: 5432 }] },
      {
        to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }],
        ports: [{ protocol: 'TCP', port: Number(ollama.port) }],
      },
      { ports: [{ protocol: 'TCP', port: 4318 }] },
    ]);
  });
});
