import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');

interface Bom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
}
interface Component {
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly purl: string;
}

const nameOf = ({ group, name, version }: Component) => `${group === undefined ? '' : `${group}/`}${name}@${version}`;

describe('yarn sbom', () => {
  const project = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    scripts: { sbom: string };
  };
  let bom: Bom;
  beforeAll(() => {
    const directory = mkdtempSync(join(tmpdir(), 'embedding-worker-sbom-'));
    const file = join(directory, 'sbom.cdx.json');
    try {
      const [program, ...args] = project.scripts.sbom
        .split(' ')
        .map((word) => (word === 'sbom.cdx.json' ? file : word));
      execFileSync('yarn', ['exec', program ?? '', ...args], { cwd: ROOT, stdio: 'pipe' });
      bom = JSON.parse(readFileSync(file, 'utf8')) as Bom;
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('describes this version of the program, in CycloneDX', () => {
    expect(bom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' });
    expect(bom.metadata.component).toMatchObject({ type: 'application', version: project.version, name: project.name });
  });

  it('contains each package of the image, and no other', () => {
    const licenses = readFileSync(join(ROOT, 'docs/licenses.md'), 'utf8');
    const listed = [...licenses.matchAll(/^\| (\S+) \| (\d\S*) \|/gm)].map(([, name, version]) => `${name}@${version}`);
    expect(listed.length).toBeGreaterThan(50);
    expect(bom.components.map(nameOf).sort()).toEqual(listed.sort());
  });

  it('gives each package its address in the registry', () => {
    expect(bom.components.filter(({ purl }) => !purl.startsWith('pkg:npm/'))).toEqual([]);
  });
});
