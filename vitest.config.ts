import { configDefaults, defineConfig } from 'vitest/config';

/** `npm run test:all` sets it: judges that take minutes each, in files named *.heavy.test.ts, run as well. */
const all = process.env['CIDERMILL_TESTS'] === 'all';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(all ? [] : ['test/**/*.heavy.test.ts'])],
    globalSetup: ['test/rig/setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
