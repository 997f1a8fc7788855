import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentOf, lastOf, readDockerfile, ROOT, type Stage } from './dockerfile.js';

const text = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const project = JSON.parse(text('package.json')) as { packageManager: string; engines: { node: string } };

describe('the Dockerfile', () => {
  const { args, stages } = readDockerfile();
  const [build, image] = stages as [Stage, Stage];

  it('builds in one stage, and keeps none of that stage’s tools', () => {
    expect(stages.map(({ name }) => name)).toEqual(['build', undefined]);
    const copies = image.steps.filter(({ instruction }) => instruction === 'COPY').map(({ rest }) => rest);
    expect(copies.filter((rest) => !rest.startsWith('--from=build /app/'))).toEqual([]);
    expect(image.steps.filter(({ instruction }) => instruction === 'RUN')).toEqual([]);
  });

  it('has one base for both, given by an argument and new enough', () => {
    expect(stages.map(({ base }) => base)).toEqual([args['NODE_IMAGE'], args['NODE_IMAGE']]);
    const [, major] = /^node:(\d+)-\w+-slim$/.exec(args['NODE_IMAGE'] ?? '') ?? [];
    expect(Number(major)).toBeGreaterThanOrEqual(Number(/>=(\d+)/.exec(project.engines.node)?.[1]));
    expect(Number(major) % 2).toBe(0); // those with long-term support
  });

  it('uses the Yarn that the project does', () => {
    const version = /@yarnpkg\/cli-dist@(\S+)/.exec(build.steps.map(({ rest }) => rest).join('\n'))?.[1];
    expect(`yarn@${version ?? ''}`).toBe(project.packageManager);
  });

  it('is sent no more than it copies', () => {
    const copied = build.steps
      .filter(({ instruction, rest }) => instruction === 'COPY' && !rest.startsWith('--from'))
      .flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1));
    const [first, ...allowed] = text('.dockerignore').trim().split('\n');
    expect(first).toBe('*');
    expect(allowed.map((line) => line.replace(/^!/, '')).sort()).toEqual(copied.sort());
  });

  it('puts no secret and no setting of one cluster into the image', () => {
    expect(Object.keys(environmentOf(image)).sort()).toEqual([
      'MALLOC_ARENA_MAX',
      'MALLOC_MMAP_THRESHOLD_',
      'MALLOC_TRIM_THRESHOLD_',
      'NODE_ENV',
      'NODE_OPTIONS',
    ]);
  });

  it('exposes, checks and runs what the worker serves and is called', () => {
    expect(lastOf(image, 'EXPOSE')).toBe('8001');
    expect(lastOf(image, 'HEALTHCHECK')).toContain('PALDOCS_HEALTH_PORT || 8001');
    expect(JSON.parse(lastOf(image, 'ENTRYPOINT'))).toEqual(['node', 'dist/cli.js']);
    expect(JSON.parse(lastOf(image, 'CMD'))).toEqual(['worker']);
  });
});
