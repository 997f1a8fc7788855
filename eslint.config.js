import eslint from '@eslint/js';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// The modules of `src`, from the top down. A module imports only from the layers below its own.
const layers = [
  ['cli.ts'],
  ['commands'],
  ['terminal'],
  ['worker.ts'],
  ['config'],
  ['monitoring'],
  ['leader', 'pipeline'],
  ['backlog'],
  ['queue', 'blocks'],
  ['embedder', 'text', 'postgres'],
  ['telemetry'],
  ['base'],
];

// The same for `tools`.
const toolLayers = [
  ['bench', 'crucible', 'dashboard', 'demo', 'release', 'retrieval'],
  ['stand-in', 'toolchain'],
  ['reference-schema.ts', 'second-model.ts'],
  ['project-root.ts'],
];

/** Keeps each module of a directory from importing its own layer and those above. */
function downOnly(directory, topDown) {
  const zones = topDown.flatMap((layer, depth) => {
    const notBelow = topDown.slice(0, depth + 1).flat();
    return layer.map((module) => ({
      target: `${directory}/${module}`,
      from: notBelow.filter((other) => other !== module).map((other) => `${directory}/${other}`),
      message: `${directory}/${module} must not import from its own layer or from one above it.`,
    }));
  });
  return zones.filter(({ from }) => from.length > 0);
}

const zones = [
  ...downOnly('./src', layers),
  ...downOnly('./tools', toolLayers),
  { target: './src', from: ['./test', './tools'], message: 'The image does not contain these.' },
  {
    target: ['./tools/demo', './tools/release', './tools/retrieval', './tools/stand-in', './tools/toolchain'],
    from: './test',
    message: 'Only bench and crucible use the servers that test/support starts.',
  },
];

export default defineConfig(
  globalIgnores(['dist/', 'dist-tools/', 'coverage/', '.tools/', '.yarn/']),
  eslint.configs.recommended,
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: { URL: 'readonly' } },
  },
  {
    files: ['**/*.{mjs,ts}'],
    plugins: { 'import-x': importX },
    settings: {
      'import-x/extensions': ['.mjs', '.ts'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver-next': [createNodeResolver({ extensionAlias: { '.js': ['.ts', '.js'] } })],
    },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }],
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Keeps out of src, too, what is installed for development only, such as PGlite.
      'import-x/no-extraneous-dependencies': ['error', { devDependencies: ['{test,tools}/**'] }],
      // TypeScript takes a flag for unchanged across an await or a callback, which is where ours change.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off', // `return stop();` is clear enough
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // `query<Row>()` names the shape of its rows, which nothing else could know.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
);
