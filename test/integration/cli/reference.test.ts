import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ed25519PrivateKey, ed25519PublicBytes, sha256 } from '../../../attestation/crypto.ts'
import { encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import { encodePolicy, virtualPolicy } from '../../../attestation/policy.ts'
import { noteKey } from '../../../attestation/tlog/note-key.ts'
import { createTestDatabase } from '../../fakes/database.ts'
import { startTestLog, type TestLog } from '../../fakes/log.ts'
import { createLabRoot, policyWith } from '../../fakes/virtual-evidence.ts'
import { type Network, startNetwork } from '../registry/network.ts'
import { bombyx, type Finished } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'bombyx-reference-'))
const file = (name: string): string => join(folder, name)
const SET = {
  registers: [{ name: 'mr_td', value: '00'.repeat(48) }],
  digests: [],
  source_repository: 'https://example.org/image',
  source_commit: '0'.repeat(40),
  recipe_digest: '00'.repeat(32)
}

let log: TestLog
let network: Network

beforeAll(async () => {
  const databaseUrl = await createTestDatabase()
  log = await startTestLog(databaseUrl)
  network = await startNetwork({ databaseUrl, log: log.service.authority })
  writeFileSync(file('image.json'), JSON.stringify(SET))
})
afterAll(async () => {
  await network[Symbol.asyncDispose]()
  await log[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function reference(...args: readonly string[]): Promise<Finished> {
  return bombyx(['reference', ...args, '--registry', network.authority])
}

async function rows(policy: string): Promise<readonly { leaf: string; kind: string; index: number; counts: string }[]> {
  return JSON.parse((await reference('list', '--policy', policy, '--json')).stdout)
}

describe('bombyx reference', () => {
  it('makes a key, signs a release into the log, says under which policy it counts, and revokes it', async () => {
    const key = (await bombyx(['reference', 'key', '--key', file('release.pem')])).stdout.trim()
    expect(key).toMatch(/^[0-9a-f]{64}$/)
    expect((await bombyx(['reference', 'key', '--key', file('release.pem')])).stdout.trim()).toBe(key)
    const root = (await createLabRoot()).root.certificate
    const logKey = noteKey(log.trust.origin, 'ed25519', log.trust.publicKey)
    const releases = { keys: [key], delay_seconds: 0 }
    const policy = policyWith(virtualPolicy(root, undefined, logKey), { name: 'virtual-cli', releases })
    const stranger = encodeHex(ed25519PublicBytes(ed25519PrivateKey(sha256(encodeUtf8('stranger')))))
    writeFileSync(file('policy.json'), encodePolicy(policy))
    writeFileSync(file('other.json'), encodePolicy(policyWith(policy, { releases: { keys: [stranger] } })))
    const signing = ['--key', file('release.pem')]
    const added = await reference('add', file('image.json'), '--label', 'image 1', ...signing)
    const [leaf = ''] = added.stdout.split('\n')
    expect([leaf, added.status]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), 0])
    await expect
      .poll(() => rows(file('policy.json')), { timeout: 20_000 })
      .toMatchObject([{ leaf, kind: 'release', counts: 'yes' }])
    expect(await rows(file('other.json'))).toMatchObject([{ leaf, counts: 'RELEASE_UNSIGNED' }])
    expect((await reference('revoke', leaf, '--reason', 'leaked', ...signing)).status).toBe(0)
    expect(await rows(file('policy.json'))).toMatchObject([
      { leaf, counts: 'RELEASE_REVOKED' },
      { kind: 'revocation', counts: '' }
    ])
  })

  it('signs nothing that is no measurement set, and nothing with a key that is none', async () => {
    writeFileSync(file('wrong.json'), JSON.stringify({ ...SET, registers: [{ name: 'rtmr9', value: '' }] }))
    const label = ['--label', 'x', '--key']
    expect((await reference('add', file('wrong.json'), ...label, file('release.pem'))).stderr).toContain(
      'LEAF_MALFORMED'
    )
    expect((await reference('add', file('image.json'), ...label, file('image.json'))).stderr).toContain(
      'CONFIG_INVALID'
    )
  })
})
