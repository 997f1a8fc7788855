import { describeWithProgram } from '../support/describe-with-program.js';
import { backfillJob, build, KUSTOMIZATIONS, pauseByDay, verifyNightly, type Resource } from './manifests.js';
import { problemsOf } from './schema.js';

describeWithProgram('kubectl', 'the manifests', () => {
  it.each(KUSTOMIZATIONS)('of %s fit the schemas of their kinds', async (folder) => {
    const resources = build(folder);
    expect(resources).not.toEqual([]);
    expect(await problemsOf(resources)).toEqual([]);
  });

  it('of the backfill, the pause and the verification fit the schemas of a Job and of CronJobs', async () => {
    expect(await problemsOf([backfillJob(), pauseByDay(), verifyNightly()])).toEqual([]);
  });

  it('can be applied together: no two folders contain the same resource', () => {
    const names = KUSTOMIZATIONS.flatMap((folder) => build(folder)).map(
      ({ kind, metadata }) => `${kind}/${metadata.name}`,
    );
    expect(names).toEqual([...new Set(names)]);
  });

  it('name no namespace, so they go where they are applied', () => {
    const overlays = KUSTOMIZATIONS.flatMap((folder) => build(folder));
    const resources = [backfillJob(), pauseByDay(), verifyNightly(), ...overlays];
    expect(resources.filter(({ metadata }) => metadata.namespace !== undefined)).toEqual([]);
  });
});

describe('the schema check', () => {
  const deployment = (spec: object): Resource =>
    ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'x' },
      spec: { selector: {}, template: { metadata: {}, spec: { containers: [{ name: 'x' }], ...spec } } },
    }) as Resource;
  const scaled = (spec: object): Resource =>
    ({
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name: 'x' },
      spec: { scaleTargetRef: { name: 'x' }, triggers: [], ...spec },
    }) as Resource;

  it.each([
    ['a misspelt field', deployment({ terminationGracePeriodSecond: 40 }), /terminationGracePeriodSecond/],
    ['a wrong type', deployment({ terminationGracePeriodSeconds: '40' }), /must be integer/],
    [
      'a bad quantity',
      deployment({ containers: [{ name: 'x', resources: { limits: { memory: '12 MB' } } }] }),
      /quantity/,
    ],
    ['a misspelt field of another project', scaled({ minReplicas: 1 }), /minReplicas/],
    ['a missing field', { ...scaled({}), spec: {} } as Resource, /scaleTargetRef/],
  ])('finds %s', async (_, resource, problem) => {
    expect((await problemsOf([resource])).join('\n')).toMatch(problem);
  });

  it('accepts valid resources', async () => {
    expect(await problemsOf([deployment({}), scaled({})])).toEqual([]);
  });
});
