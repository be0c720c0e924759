import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
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
  { file: 'attestation/sodium.ts', refused: ['node:crypto', 'hpke'], allowed: ['sodium-native'] },
  { file: 'attestation/session/hpke.ts', refused: ['sodium-native'], allowed: ['hpke'] },
  { file: 'attestation/nvidia/rim.ts', refused: ['jose', 'node:crypto'], allowed: ['@xmldom/xmldom', 'xml-crypto'] },
  { file: 'attestation/nvidia/nras.ts', refused: ['xml-crypto', 'node:crypto'], allowed: ['jose'] },
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
  {
    file: 'contracts/escrow/escrow.ts',
    refused: ['@ton/ton', '@ton/sandbox', '@ton/tolk-js', '../../attestation/errors.ts'],
    allowed: ['@ton/core', './Escrow.code.json']
  },
  { file: 'contracts/compile.ts', refused: ['@ton/ton', '@ton/core'], allowed: ['@ton/tolk-js'] },
  { file: 'contracts/chain.ts', refused: ['@ton/sandbox', 'kysely'], allowed: ['@ton/ton', '@ton/core'] },
  { file: 'contracts/local-chain/chain.ts', refused: ['@ton/ton'], allowed: ['@ton/sandbox', '@ton/core'] },
  {
    file: 'services/runtime/grpc.ts',
    refused: ['../../attestation/policy.ts', '../relay/start.ts', '../../proto/load.ts', 'undici'],
    allowed: ['../../attestation/errors.ts', 'kysely', 'pg', '@grpc/grpc-js', 'pino', './log.ts']
  },
  {
    file: 'services/runtime/link/link.ts',
    refused: ['../../../attestation/session/keyset.ts', '../../relay/start.ts'],
    allowed: ['../../../attestation/session/frame-header.ts', '../../../attestation/session/codes.ts']
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
    refused: ['../network/start.ts', 'koffi'],
    allowed: ['../../attestation/virtual/quote.ts']
  },
  {
    file: 'services/host/native-library.ts',
    refused: ['../relay/start.ts'],
    allowed: ['koffi', '../runtime/errors.ts']
  },
  {
    file: 'services/client/sessions/session.ts',
    refused: ['kysely', 'pg', '@ton/ton', '../../runtime/database.ts'],
    allowed: ['@grpc/grpc-js']
  },
  {
    file: 'services/cli/run/up.ts',
    refused: ['../../relay/plan.ts', '../../../attestation/virtual/quote.ts'],
    allowed: ['../../relay/start.ts']
  },
  {
    file: 'services/network/up.ts',
    refused: ['../relay/plan.ts'],
    allowed: ['../relay/start.ts', '../../attestation/virtual/quote.ts']
  }
]

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const CONFIGURATION = ['biome.json', 'test/check/layers.json', 'test/check/plan-types-only.grit']

/** One line an import, so that a diagnostic's line says which one it means. */
const files = new Map(
  ROWS.map(({ file, refused, allowed }) => [file, [...refused, ...allowed].map((from) => `import '${from}'`)])
)
const refusedCount = new Map(ROWS.map(({ file, refused }) => [file, refused.length]))
for (const plan of ['services/relay/plan.ts', 'services/client/requests/plan.ts']) {
  files.set(plan, ["import { a } from './hosts.ts'", "import type { A } from './hosts.ts'"])
  refusedCount.set(plan, 1)
}

const caught = lintPlants()
const wrong: string[] = []
for (const [file, lines] of files) {
  lines.forEach((line, at) => {
    const expected = at < (refusedCount.get(file) ?? 0)
    if (caught.has(`${file}:${at + 1}`) !== expected) {
      wrong.push(`${file}: ${expected ? 'not caught' : 'caught, but allowed'}: ${line}`)
    }
  })
}
const total = [...files.values()].reduce((sum, lines) => sum + lines.length, 0)
process.stdout.write(`layers: ${total - wrong.length} of ${total} planted imports are told apart by the linter\n`)
for (const line of wrong) process.stderr.write(`${line}\n`)
if (wrong.length > 0) process.exitCode = 1

/** The places, `file:line`, where the linter reports a broken layer. */
function lintPlants(): Set<string> {
  const folder = mkdtempSync(join(tmpdir(), 'bombyx-layers-'))
  try {
    for (const name of CONFIGURATION) cpSync(join(ROOT, name), join(folder, name))
    for (const [file, lines] of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), `${lines.join('\n')}\n`)
    }
    const biome = join(ROOT, 'node_modules/@biomejs/biome/bin/biome')
    const options = ['lint', '--vcs-enabled=false', '--reporter=github', '--max-diagnostics=none', '.']
    const { stdout } = spawnSync(process.execPath, [biome, ...options], { cwd: folder, encoding: 'utf8' })
    const reports = stdout.matchAll(
      /^::error title=(?:lint\/style\/noRestrictedImports|plugin),file=([^,]+),line=(\d+)/gm
    )
    return new Set([...reports].map(([, file = '', line]) => `${relative(folder, resolve(folder, file))}:${line}`))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
