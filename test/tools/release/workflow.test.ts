import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../../..');
const content = readFileSync(join(ROOT, '.github/workflows/ci.yml'), 'utf8');

interface Workflow {
  readonly permissions: object;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly strategy?: { readonly matrix: Readonly<Record<string, readonly number[]>> };
        readonly 'timeout-minutes': number;
        readonly steps: readonly { readonly run?: string; readonly uses?: string }[];
      }
    >
  >;
}

/** The errors that GitHub's own parser finds. */
async function problemsOf(workflow: string): Promise<string[]> {
  const { context, value } = parseWorkflow({ name: 'ci.yml', content: workflow }, new NoOperationTraceWriter());
  if (value !== undefined) await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map(({ message }) => message);
}

describe('the workflow on GitHub', () => {
  const workflow = parse(content) as Workflow;

  it('is valid for GitHub', async () => {
    expect(await problemsOf(content)).toEqual([]);
  });

  it.each([
    ['a misspelt field', content.replace('runs-on', 'run-on'), /run-on/],
    ['a misspelt expression', content.replace('matrix.node }}', 'matrices.node }}'), /matrices/],
  ])('would be invalid with %s', async (_, broken, problem) => {
    expect((await problemsOf(broken)).join('\n')).toMatch(problem);
  });

  it('tests every Node since the oldest that package.json allows, and every supported PostgreSQL', () => {
    const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { engines: { node: string } };
    const matrix = workflow.jobs['test']?.strategy?.matrix;
    expect(matrix).toEqual({ node: [22, 24, 26], postgresql: [15, 16, 17, 18] });
    expect(engines.node).toMatch(/^>=22\./);
  });

  it('may only read the repository, and limits the time of each job', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    expect(Object.values(workflow.jobs).filter((job) => !(job['timeout-minutes'] <= 60))).toEqual([]);
  });

  it('runs only scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const runs = Object.values(workflow.jobs).flatMap(({ steps }) => steps.flatMap(({ run = '' }) => run.split('\n')));
    const named = runs.flatMap((line) => [...line.matchAll(/\b(?:yarn|npm) (\w+)/g)].map(([, name = '']) => name));
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
