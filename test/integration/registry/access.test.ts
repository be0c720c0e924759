import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bombyxV1 } from '../../../proto/load.ts'
import { startMarket } from '../../../services/market/start.ts'
import { startRegistry } from '../../../services/registry/start.ts'
import { callStream, callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import { hashToken } from '../../../services/runtime/tokens.ts'
import { createTestDatabase } from '../../fakes/database.ts'
import { createTlsFiles, type TlsTestFiles } from '../../fakes/tls.ts'

let folder: string
let tls: TlsTestFiles
let tokens: string
let database: { url: string }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bombyx-access-'))
  tls = await createTlsFiles(folder)
  tokens = join(folder, 'tokens')
  await writeFile(tokens, `${hashToken('right')} operator\n`)
  database = { url: await createTestDatabase() }
})
afterAll(() => rm(folder, { recursive: true }))

function registryConfig() {
  return { listen: '127.0.0.1:0', database, verifier: '127.0.0.1:1', dial: {}, logWaitMs: 1000, attestIntervalMs: 1000 }
}

const MARKET = { dial: {}, domain: 'market.test', periodMs: 3_600_000 }

describe('with tokens configured', () => {
  it('the operator needs one, watchers and readers of blobs do not', async () => {
    await using registry = await startRegistry({ ...registryConfig(), tokens })
    const stranger = await connect(bombyxV1.RegistryAdmin, registry.authority, { token: 'wrong' })
    const operator = await connect(bombyxV1.RegistryAdmin, registry.authority, { token: 'right' })
    const [hostId, reason] = [new Uint8Array(16), 'x']
    for (const call of [
      () => callUnary(stranger, 'CreateProvider', { name: 'acme' }),
      () => callUnary(stranger, 'ListHosts', {}),
      () => callUnary(stranger, 'GetHost', { hostId }),
      () => callUnary(stranger, 'QuarantineHost', { hostId, reason }),
      () => callUnary(stranger, 'LiftQuarantine', { hostId })
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    }
    await expect(callUnary(operator, 'ListHosts', {})).resolves.toEqual({ hosts: [] })
    const directory = await connect(bombyxV1.Directory, registry.authority)
    for await (const event of callStream(directory, 'Watch', {})) {
      expect(event.event).toBe('snapshotEnd')
      break
    }
    for (const client of [stranger, operator, directory]) client.close()
  })

  it('a relay needs one to deliver usage', async () => {
    await using market = await startMarket({ ...MARKET, listen: '127.0.0.1:0', database, tokens })
    const stranger = await connect(bombyxV1.Metering, market.authority)
    await expect(callUnary(stranger, 'StoreUsage', {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    stranger.close()
  })
})

describe('beyond loopback', () => {
  it.each([
    ['neither TLS nor tokens', () => ({})],
    ['TLS but no tokens', () => ({ tls: { cert: tls.cert, key: tls.key } })],
    ['tokens but no TLS', () => ({ tokens })]
  ])('nothing is served with %s', async (_what, changes) => {
    const config = { ...registryConfig(), listen: '0.0.0.0:0', ...changes() }
    await expect(startRegistry(config)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await expect(startMarket({ ...MARKET, ...config })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('with both, it is', async () => {
    const config = { ...registryConfig(), listen: '0.0.0.0:0', tls: { cert: tls.cert, key: tls.key }, tokens }
    await using registry = await startRegistry(config)
    const authority = registry.authority.replace('0.0.0.0', 'localhost')
    const operator = await connect(bombyxV1.RegistryAdmin, authority, { tlsCa: tls.ca, token: 'right' })
    await expect(callUnary(operator, 'ListHosts', {})).resolves.toEqual({ hosts: [] })
    operator.close()
  })
})
