import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * Plants one violation of each row of the layer table (layers.json) and expects the linter to catch it, and one allowed
 * import of each row and expects silence. So a rule that a later override replaced cannot vanish unnoticed.
 */
interface Row {
  readonly file: string
  readonly refused: readonly string[]
  readonly allowed: readonly string[]
}

const ROWS: readonly Row[] = [
  {
    file: 'attestation/appraise.ts',
    refused: [
      'node:crypto',
      'node:fs',
      'hpke',
      '@grpc/grpc-js',
      '../services/relay/start.ts',
      '../proto/load.ts',
      './virtual/quote.ts'
    ],
    allowed: ['./errors.ts', './tdx/quote.ts']
  },
  { file: 'attestation/crypto.ts', refused: ['node:fs', 'sodium-native'], allowed: ['node:crypto'] },
  { file: 'attestation/x509.ts', refused: ['@peculiar/x509'], allowed: ['node:crypto'] },
  { file: 'attestation/session/aead.ts', refused: ['node:crypto', 'hpke'], allowed: ['sodium-native'] },
  { file: 'attestation/session/hpke.ts', refused: ['sodium-native'], allowed: ['hpke'] },
  { file: 'attestation/result-token.ts', refused: ['hpke'], allowed: ['jose'] },
  { file: 'attestation/jcs.ts', refused: ['jose'], allowed: ['canonicalize'] },
  { file: 'attestation/virtual/quote.ts', refused: ['@peculiar/x509', 'node:crypto'], allowed: ['../tdx/quote.ts'] },
  {
    file: 'attestation/virtual/certificates.ts',
    refused: ['node:fs'],
    allowed: ['@peculiar/x509', 'reflect-metadata']
  },
  {
    file: 'proto/load.ts',
    refused: ['kysely', '../attestation/errors.ts', '../services/relay/start.ts'],
    allowed: ['@grpc/grpc-js']
  },
  { file: 'contracts/escrow/escrow.ts', refused: ['@ton/ton', '../../attestation/errors.ts'], allowed: ['@ton/core'] },
  { file: 'contracts/chain.ts', refused: ['@ton/sandbox', 'kysely'], allowed: ['@ton/ton', '@ton/core'] },
  { file: 'contracts/local-chain/chain.ts', refused: ['@ton/ton'], allowed: ['@ton/sandbox', '@ton/core'] },
  {
    file: 'services/runtime/grpc.ts',
    refused: ['../../attestation/policy.ts', '../relay/start.ts', '../../proto/load.ts', 'undici'],
    allowed: ['../../attestation/errors.ts', 'kysely', 'pg', '@grpc/grpc-js', 'pino', './log.ts']
  },
  ...['verifier', 'relay', 'host', 'client', 'console'].map((name) => ({
    file: `services/${name}/start.ts`,
    refused: ['../registry/store.ts', '../../contracts/chain.ts', '../../test/fakes/database.ts'],
    allowed: ['../runtime/log.ts', '../../attestation/index.ts', '../../proto/load.ts', './config.ts', 'undici']
  })),
  ...['registry', 'log', 'market', 'audit'].map((name) => ({
    file: `services/${name}/start.ts`,
    refused: ['../relay/plan.ts', '../../attestation/virtual/quote.ts'],
    allowed: ['../../contracts/chain.ts', '../runtime/log.ts', '../../attestation/index.ts']
  })),
  { file: 'services/relay/queue.ts', refused: ['../../attestation/virtual/quote.ts'], allowed: ['./plan.ts'] },
  {
    file: 'services/host/collector.ts',
    refused: ['../network/start.ts'],
    allowed: ['../../attestation/virtual/quote.ts']
  },
  {
    file: 'services/client/session.ts',
    refused: ['kysely', 'pg', '@ton/ton', '../runtime/database.ts'],
    allowed: ['@grpc/grpc-js']
  },
  {
    file: 'services/cli/up.ts',
    refused: ['../relay/plan.ts', '../../attestation/virtual/quote.ts'],
    allowed: ['../relay/start.ts']
  },
  {
    file: 'services/network/up.ts',
    refused: ['../relay/plan.ts'],
    allowed: ['../relay/start.ts', '../../attestation/virtual/quote.ts']
  }
]

const BIOME = fileURLToPath(new URL('../../node_modules/@biomejs/biome/bin/biome', import.meta.url))

interface Plant {
  readonly file: string
  readonly source: string
  readonly caught: boolean
}

const plants: readonly Plant[] = [
  ...ROWS.flatMap(({ file, refused, allowed }) => [
    ...refused.map((from) => ({ file, source: `import { a } from '${from}'\n\nexport const b = a\n`, caught: true })),
    ...allowed.map((from) => ({ file, source: `import { a } from '${from}'\n\nexport const b = a\n`, caught: false }))
  ]),
  { file: 'services/relay/plan.ts', source: `import { a } from './hosts.ts'\n\nexport const b = a\n`, caught: true },
  {
    file: 'services/relay/plan.ts',
    source: `import type { A } from './hosts.ts'\n\nexport type B = A\n`,
    caught: false
  }
]

const wrong = (await inTurns(plants, 4, check)).filter((line) => line !== '')
process.stdout.write(
  `${plants.length - wrong.length} of ${plants.length} planted imports are told apart by the linter\n`
)
for (const line of wrong) process.stderr.write(`${line}\n`)
if (wrong.length > 0) process.exitCode = 1

async function check({ file, source, caught }: Plant): Promise<string> {
  const output = await lint(file, source)
  const found = output.includes('noRestrictedImports') || output.includes('imports types only')
  return found === caught ? '' : `${file}: ${caught ? 'not caught' : 'caught, but allowed'}: ${source.split('\n')[0]}`
}

function lint(file: string, source: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const child = spawn(process.execPath, [BIOME, 'lint', '--colors=off', `--stdin-file-path=${file}`])
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      output += data
    })
  child.on('error', reject).on('close', () => resolve(output))
  child.stdin.end(source)
  return promise
}

/** Runs `work` over all items, `width` at a time; results in order. */
async function inTurns<T, R>(items: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length)
  let next = 0
  const turn = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as T)
  }
  await Promise.all(Array.from({ length: width }, turn))
  return results
}
