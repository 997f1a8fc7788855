import type { IScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import type { ITriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1/TriggerAuthentication';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { loadConfig } from '../../src/config/config.js';
import { queueNames } from '../../src/queue/queue-names.js';
import { SECOND_MODEL_ENVIRONMENT, SECOND_QUEUE } from '../../tools/second-model.js';
import { startStandIn } from '../../tools/stand-in/stand-in.js';
import { createDatabase } from '../support/create-database.js';
import { describeWithProgram } from '../support/describe-with-program.js';
import { describeWithServer } from '../support/describe-with-server.js';
import { insertBlocks } from '../support/fixtures.js';
import { untilIdle } from '../support/worker-blocks.js';
import { startWorker, stopWorkers } from '../support/worker-in-process.js';
import { parseAllDocuments } from 'yaml';
import { build, only, podOf, ROOT, type Resource } from './manifests.js';

describeWithProgram('kubectl', 'the overlay', () => {
  it('for KEDA scales the Deployment from one replica up; the Deployment sets no number itself', () => {
    const deployment = only<IDeployment & Resource>(build('k8s'), 'Deployment');
    const { spec } = only<IScaledObject & Resource>(build('k8s/overlays/keda'), 'ScaledObject');
    expect(spec.scaleTargetRef).toEqual({ name: deployment.metadata.name });
    expect(deployment.spec).not.toHaveProperty('replicas'); // each apply would undo what KEDA did
    expect(spec).toMatchObject({ minReplicaCount: 1, maxReplicaCount: 2 });
  });

  it('for KEDA scales at a number of jobs that the queue can reach', () => {
    const { spec } = only<IScaledObject & Resource>(build('k8s/overlays/keda'), 'ScaledObject');
    const { queueLimit } = loadConfig({ PALDOCS_DATABASE_URL: 'postgresql://db/paldocs' });
    expect(Number(spec.triggers[0]?.metadata['targetQueryValue'])).toBeLessThanOrEqual(queueLimit / 2);
  });

  it('for KEDA queries the database with the worker’s own URL', () => {
    const resources = build('k8s/overlays/keda');
    const { spec } = only<IScaledObject & Resource>(resources, 'ScaledObject');
    const authentication = only<ITriggerAuthentication & Resource>(resources, 'TriggerAuthentication');
    expect(spec.triggers).toMatchObject([
      { type: 'postgresql', authenticationRef: { name: authentication.metadata.name } },
    ]);
    const { secretKeyRef } = podOf(only(build('k8s'), 'Deployment')).container.env?.[0]?.valueFrom ?? {};
    expect(authentication.spec.secretTargetRef).toEqual([{ parameter: 'connection', ...secretKeyRef }]);
  });

  it('for a second model repeats the Deployment under another name, with a second ConfigMap', () => {
    const second = only<IDeployment & Resource>(build('k8s/overlays/second-model'), 'Deployment');
    expect(second.metadata).toMatchObject({ name: 'embedding-worker-v2' });
    expect(second.spec?.selector).toEqual({ matchLabels: { 'app.kubernetes.io/name': 'embedding-worker-v2' } });
    expect(podOf(second).labels).toEqual({ 'app.kubernetes.io/name': 'embedding-worker-v2' });
    const first = podOf(only(build('k8s'), 'Deployment'));
    const maps = ['embedding-worker', 'embedding-worker-v2'].map((name) => ({ configMapRef: { name } }));
    expect(podOf(second).container).toEqual({ ...first.container, envFrom: maps });
    expect(podOf(second).spec).toEqual({
      ...first.spec,
      containers: podOf(second).spec.containers,
      topologySpreadConstraints: first.spec.topologySpreadConstraints?.map((constraint) => ({
        ...constraint,
        labelSelector: second.spec?.selector,
      })),
    });
  });

  it('for a second model changes the model, the queue and the two columns, and nothing else', () => {
    const settings = (folder: string) => only<IConfigMap & Resource>(build(folder), 'ConfigMap').data ?? {};
    const url = { PALDOCS_DATABASE_URL: 'postgresql://db/paldocs' };
    const first = loadConfig({ ...settings('k8s'), ...url });
    const second = loadConfig({ ...settings('k8s'), ...settings('k8s/overlays/second-model'), ...url });
    expect(second).toEqual({
      ...first,
      model: second.model,
      queryInstruction: second.queryInstruction,
      names: queueNames(first.names.schema, SECOND_QUEUE),
      tables: {
        ...first.tables,
        blocksEmbedding: SECOND_MODEL_ENVIRONMENT.PALDOCS_BLOCKS_EMBEDDING_COLUMN,
        blocksStatus: SECOND_MODEL_ENVIRONMENT.PALDOCS_BLOCKS_STATUS_COLUMN,
      },
    });
    expect(second.model).not.toBe(first.model);
  });

  it('for monitoring contains the PodMonitor and the rules', () => {
    const kinds = build('k8s/overlays/monitoring').map(({ kind }) => kind);
    expect(kinds.sort()).toEqual(['PodMonitor', 'PrometheusRule']);
  });

  it('for the dashboard puts it where Grafana looks, under a stable name', () => {
    const map = only<IConfigMap & Resource>(build('k8s/overlays/dashboard'), 'ConfigMap');
    expect(map.metadata).toMatchObject({ name: 'embedding-worker-dashboard', labels: { grafana_dashboard: '1' } });
    const file = readFileSync(join(ROOT, 'k8s/overlays/dashboard/embedding-worker.json'), 'utf8');
    expect(map.data).toEqual({ 'embedding-worker.json': file });
    expect(JSON.parse(file)).toHaveProperty('title');
  });
});

describeWithServer('KEDA’s query', () => {
  const query = () => {
    const file = readFileSync(join(ROOT, 'k8s/overlays/keda/scaled-object.yaml'), 'utf8');
    const [scaled] = parseAllDocuments(file).map((document) => document.toJS() as IScaledObject);
    return String(scaled?.spec.triggers[0]?.metadata['query']);
  };

  it('counts the ready jobs, and no others', async () => {
    const db = await createDatabase();
    const ollama = await startStandIn();
    try {
      const worker = await startWorker(db, ollama);
      const [active = '', late = '', ...due] = await insertBlocks(db, 7);
      await untilIdle(db);
      expect(await db.query(query())).toEqual([{ count: '0' }]);
      await worker.stop();
      const set = (state: string, ids: readonly string[]) =>
        db.query(
          `UPDATE pgboss.job SET state = '${state}', completed_on = NULL WHERE name = 'embed-block' AND singleton_key = ANY ($1)`,
          [ids],
        );
      await set('active', [active]);
      await set('created', due);
      await set('retry', [late]);
      await db.query(`UPDATE pgboss.job SET start_after = now() + interval '1 hour' WHERE singleton_key = $1`, [late]);
      expect(await db.query(query())).toEqual([{ count: '5' }]);
    } finally {
      await stopWorkers();
      await ollama.stop();
    }
  });
});
