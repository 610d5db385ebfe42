import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Node's own modules, packages, this package by its own names, then files by relative paths. */
const kinds = [/^node:/, /^(?!cidermill\/)[^.#]/, /^(#|cidermill\/)/, /^\./];

const message = 'Imports go in this order: node:, packages, #floors and cidermill/step, relative files';

const importOrder = {
  meta: { type: 'suggestion', schema: [] },
  create(context) {
    let latest = 0;
    return {
      ImportDeclaration(node) {
        const kind = kinds.findIndex((of) => of.test(node.source.value));
        if (kind < latest) context.report({ node, message });
        latest = Math.max(latest, kind);
      },
    };
  },
};

export default tseslint.config(
  { ignores: ['dist/', 'artifacts/', 'template/', 'node_modules/', 'coverage/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { cidermill: { rules: { 'import-order': importOrder } } },
    rules: {
      'cidermill/import-order': 'error',
      '@typescript-eslint/no-shadow': ['error', { hoist: 'never' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    files: ['**/*.mjs', '**/*.js', '**/*.cjs'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', Buffer: 'readonly' },
    },
  },
);
