import { defineConfig } from 'vitest/config'

/** Long work (a database, processes, a browser) belongs to `integration` and `e2e`; `unit` and `contracts` stay in one process. */
export default defineConfig({
  test: {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    reporters: ['default', './test/check/tally.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{attestation,services,proto,check,fuzz}/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000
        }
      },
      {
        test: { name: 'contracts', include: ['test/contracts/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 60_000 }
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/fakes/database-cluster.ts'],
          expect: { poll: { timeout: 10_000 } },
          testTimeout: 60_000,
          hookTimeout: 60_000
        }
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          // Each file brings up a network of nine processes; a start that a busy machine delays is tried once more.
          retry: 1,
          fileParallelism: false,
          expect: { poll: { timeout: 10_000 } },
          testTimeout: 120_000,
          hookTimeout: 120_000
        }
      }
    ]
  }
})
