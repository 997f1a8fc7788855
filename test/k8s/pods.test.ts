import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { loadConfig } from '../../src/config/config.js';
import { VARIABLES } from '../../src/config/variables.js';
import { runCli } from '../commands/cli.js';
import { describeWithProgram } from '../support/describe-with-program.js';
import { backfillJob, build, only, pauseByDay, podOf, ROOT, verifyNightly } from './manifests.js';

const text = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const PODS = [
  ['worker', () => podOf(only(build('k8s'), 'Deployment'))],
  ['backfill', () => podOf(backfillJob())],
  ['pause', () => podOf(pauseByDay())],
  ['verification', () => podOf(verifyNightly())],
] as const;

describeWithProgram('kubectl', 'the pods', () => {
  const settings = () => only<IConfigMap & { metadata: object }>(build('k8s'), 'ConfigMap').data ?? {};
  const config = () => loadConfig({ ...settings(), PALDOCS_DATABASE_URL: 'postgresql://db/paldocs' });

  // https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, field by field, and stricter: a
  // numeric user, and a read-only root file system.
  it.each(PODS)('of the %s satisfy the restricted profile', (_, pod) => {
    const { spec, container } = pod();
    expect(spec.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC', 'initContainers', 'ephemeralContainers', 'volumes'])
      expect(spec).not.toHaveProperty(field);
    expect((container.ports ?? []).filter(({ hostPort }) => hostPort !== undefined)).toEqual([]);
  });

  it.each(PODS)('of the %s have no token of the cluster, and no variables of its Services', (_, pod) => {
    expect(pod().spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
    expect(pod().spec).not.toHaveProperty('serviceAccountName');
  });

  it.each(PODS)('of the %s request little, are limited in memory only, and run on any node', (_, pod) => {
    const { spec, container } = pod();
    expect(container.resources).toEqual({
      requests: { cpu: '10m', memory: '64Mi' },
      limits: { memory: '256Mi' },
    });
    for (const field of ['runtimeClassName', 'nodeSelector', 'tolerations']) expect(spec).not.toHaveProperty(field);
  });

  it.each(PODS)('of the %s have memory to spare beyond the heap that the image allows', (_, pod) => {
    const heap = /--max-old-space-size=(\d+)/.exec(text('Dockerfile'))?.[1];
    const limit = /^(\d+)Mi$/.exec(String(pod().container.resources?.limits?.['memory']))?.[1];
    expect(Number(heap)).toBeLessThanOrEqual(Number(limit) / 2);
  });

  it.each(PODS)('of the %s get more time to stop than the worker takes', (_, pod) => {
    const { terminationGracePeriodSeconds = 30 } = pod().spec;
    expect(terminationGracePeriodSeconds * 1000).toBeGreaterThan(config().shutdownTimeoutMs + 5_000);
  });

  it.each(PODS)('of the %s run the image of this version', (_, pod) => {
    const { name, version } = JSON.parse(text('package.json')) as { name: string; version: string };
    expect(pod().container.image).toBe(`${name}:${version}`);
    expect(pod().container).not.toHaveProperty('command'); // which would replace the image's entry point
  });

  it.each(PODS)('of the %s run a command that exists', async (_, pod) => {
    const { status, stderr } = await runCli({}, pod().container.args ?? []);
    // It reports arguments that it does not understand before it gets this far.
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(/PALDOCS_DATABASE_URL: is not set/) as string,
    });
  });

  it('can run the other backfill command that the Job names', async () => {
    const named = /`args: \[(.+?)\]`/.exec(text('k8s/backfill-job.yaml'))?.[1]?.split(', ') ?? [];
    expect(named.length).toBeGreaterThan(1);
    const { stderr } = await runCli({}, named);
    expect(stderr).toMatch(/PALDOCS_DATABASE_URL: is not set/);
  });

  it.each(PODS)('of the %s take their settings from the ConfigMap, and secrets from the Secret', (_, pod) => {
    const { container } = pod();
    expect(container.envFrom).toEqual([{ configMapRef: { name: 'embedding-worker' } }]);
    const secret = (key: string, rest: object = {}) => ({
      name: key,
      valueFrom: { secretKeyRef: { name: 'embedding-worker', key, ...rest } },
    });
    expect(container.env).toEqual([
      secret('PALDOCS_DATABASE_URL'),
      secret('PALDOCS_LISTEN_DATABASE_URL', { optional: true }),
      secret('PALDOCS_OLLAMA_TOKEN', { optional: true }),
      secret('PALDOCS_OPENAI_API_KEY', { optional: true }),
    ]);
    expect(only(build('k8s'), 'ConfigMap').metadata.name).toBe('embedding-worker');
  });

  it.each(PODS)('of the %s set only variables that the worker knows', (_, pod) => {
    const names = [...(pod().container.env ?? []).map(({ name }) => name), ...Object.keys(settings())];
    expect(names.filter((name) => !(name in VARIABLES))).toEqual([]);
  });

  it('get valid defaults from the ConfigMap', () => {
    expect(config()).toEqual(loadConfig({ PALDOCS_DATABASE_URL: 'postgresql://db/paldocs' }));
    expect(Object.keys(settings()).filter((name) => /DATABASE_URL|TOKEN/.test(name))).toEqual([]);
  });

  it('get a Secret that docs/deployment.md creates with all keys that they need', () => {
    const [, name, rest = ''] = /kubectl create secret generic (\S+)(.+?)```/s.exec(text('docs/deployment.md')) ?? [];
    expect(name).toBe('embedding-worker');
    expect(rest).toContain('--from-literal=PALDOCS_DATABASE_URL=');
    for (const optional of ['`PALDOCS_LISTEN_DATABASE_URL`', '`PALDOCS_OLLAMA_TOKEN`', '`PALDOCS_OPENAI_API_KEY`'])
      expect(text('docs/deployment.md')).toContain(optional);
  });

  it('are probed at the port where the worker answers', () => {
    const { container } = podOf(only(build('k8s'), 'Deployment'));
    expect(container.ports).toEqual([{ name: 'http', containerPort: config().healthPort }]);
    const { startupProbe, livenessProbe, readinessProbe } = container;
    expect(startupProbe?.httpGet).toEqual({ path: '/healthz', port: 'http' });
    expect(livenessProbe?.httpGet).toEqual({ path: '/healthz', port: 'http' });
    expect(readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'http' });
  });

  it('may take a minute to start, longer than the worker waits for its database', () => {
    const { startupProbe } = podOf(only(build('k8s'), 'Deployment')).container;
    expect(Number(startupProbe?.periodSeconds) * Number(startupProbe?.failureThreshold)).toBe(60);
  });

  it('of a backfill are not retried on exit statuses that a retry would not change', () => {
    const job = backfillJob() as unknown as { spec: { podFailurePolicy: { rules: unknown[] } } };
    const { container, spec } = podOf(backfillJob());
    expect(job.spec.podFailurePolicy.rules).toContainEqual({
      action: 'FailJob',
      onExitCodes: { containerName: container.name, operator: 'In', values: [1, 2] },
    });
    expect(spec.restartPolicy).toBe('Never'); // the policy asks for it
  });
});
