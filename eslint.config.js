import eslint from '@eslint/js';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// The modules of `src`, from the top down. A module imports what is below it, never what is above or beside it.
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

const downOnly = layers.slice(1).flatMap((layer, above) => layer.map((module) => zone(module, above + 1)));

/** Keeps a module from importing its own layer and those above. */
function zone(module, depth) {
  const forbidden = layers.slice(0, depth + 1).flat();
  return {
    target: `./src/${module}`,
    from: forbidden.filter((other) => other !== module).map((other) => `./src/${other}`),
    message: `src/${module} must not import from its own layer or from one above it.`,
  };
}

const shippedAlone = { target: './src', from: ['./test', './tools'], message: 'What ships must not import these.' };

export default defineConfig(
  globalIgnores(['dist/', 'dist-tools/', 'coverage/', '.tools/', '.yarn/']),
  eslint.configs.recommended,
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: { URL: 'readonly' } },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    settings: {
      'import-x/extensions': ['.ts'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver-next': [createNodeResolver({ extensionAlias: { '.js': ['.ts', '.js'] } })],
    },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: [...downOnly, shippedAlone] }],
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
