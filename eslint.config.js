import eslint from '@eslint/js';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// Imports go one way: commands → queue → blocks and embedder → database. If two files need each other, the cut is wrong.
const oneWay = [
  zone('database', ['blocks', 'embedder', 'queue'], 'database/ is the lowest.'),
  zone('embedder', ['database', 'blocks', 'queue'], 'embedder/ knows no database.'),
  zone('blocks', ['queue'], 'blocks/ knows no queue.'),
  zone('{!(commands)/**,!(cli).ts}', ['commands'], 'commands/ only wires; nothing but cli.ts builds on it.'),
  zone('**', ['../test', '../demo', '../bench', '../stand-in', '../crucible'], 'What ships knows nothing of these.'),
];

function zone(target, from, message) {
  return { target: `./src/${target}`, from: from.map((folder) => `./src/${folder}`), message };
}

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
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: oneWay }],
      // Keeps out of src, too, what is installed for development only, such as PGlite.
      'import-x/no-extraneous-dependencies': ['error', { devDependencies: ['{test,demo,bench,stand-in,crucible}/**'] }],
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
