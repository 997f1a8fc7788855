import { join } from 'node:path';
import ts from 'typescript';
import { ROOT, type Resource } from './manifests.js';

/** Where the published schema of each group and version is. */
const SCHEMAS: Readonly<Record<string, string>> = {
  v1: 'kubernetes-models/v1',
  'apps/v1': 'kubernetes-models/apps/v1',
  'batch/v1': 'kubernetes-models/batch/v1',
  'networking.k8s.io/v1': 'kubernetes-models/networking.k8s.io/v1',
  'policy/v1': 'kubernetes-models/policy/v1',
  'keda.sh/v1alpha1': '@kubernetes-models/keda/keda.sh/v1alpha1',
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
};

type Model = new (data: Resource) => { validate(): void };

/**
 * What a cluster would refuse or ignore in these resources, as readable lines; none if they are valid.
 *
 * The schema's validator checks formats (quantities, ports) but accepts unknown fields. TypeScript, given the resource as a
 * literal of the schema's type, finds every field that is misspelt or in the wrong place.
 */
export async function problemsOf(resources: readonly Resource[]): Promise<string[]> {
  const problems: string[] = [];
  for (const resource of resources) {
    const module = (await import(moduleOf(resource))) as Readonly<Record<string, Model | undefined>>;
    const Kind = module[resource.kind];
    if (Kind === undefined) throw new Error(`No schema of ${resource.apiVersion} ${resource.kind}`);
    try {
      new Kind(resource).validate();
    } catch (error) {
      problems.push(`${resource.kind}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return [...problems, ...typeErrors(resources)];
}

function moduleOf({ apiVersion, kind }: Resource): string {
  const folder = SCHEMAS[apiVersion];
  if (folder === undefined) throw new Error(`No schema of ${apiVersion}: add it to test/k8s/schema.ts`);
  return `${folder}/${kind}`;
}

function typeErrors(resources: readonly Resource[]): string[] {
  const file = join(ROOT, 'test/k8s/literals-of-the-manifests.ts'); // never written
  const source = resources
    .map((resource, index) => {
      const type = `import('${moduleOf(resource)}').I${resource.kind}`;
      return `export const resource${index}: ${type} = ${JSON.stringify(resource)};\n`;
    })
    .join('');
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2024,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const disk = { ...host };
  host.fileExists = (name) => name === file || disk.fileExists(name);
  host.readFile = (name) => (name === file ? source : disk.readFile(name));
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2024) : disk.getSourceFile(name, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
