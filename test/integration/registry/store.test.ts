import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../../attestation/crypto.ts'
import type { Host } from '../../../services/registry/host.ts'
import { createRegistryStore, type RegistryStore } from '../../../services/registry/store.ts'
import type { Database } from '../../../services/runtime/database.ts'
import { openTestDatabase } from '../../fakes/database.ts'
import { at, NOW, sampleHost } from '../../services/registry/sample-host.ts'

let database: Database
let store: RegistryStore
beforeEach(async () => {
  database = await openTestDatabase()
  store = createRegistryStore(database)
  await store.insertProvider('acme', 'hash', NOW)
})
afterEach(() => database[Symbol.asyncDispose]())

/** A host whose evidence is stored. */
async function storedHost(): Promise<Host> {
  const provider = await store.findProvider('hash')
  const [bundleDigest, collateralDigest] = [
    await store.insertBlob(Uint8Array.of(1), NOW),
    await store.insertBlob(Uint8Array.of(2), NOW)
  ]
  const base = sampleHost({ providerId: provider!.id })
  return { ...base, evidence: { ...base.evidence, bundleDigest, collateralDigest } }
}

describe('the store', () => {
  it('gives a host back as it was put in', async () => {
    const host = await storedHost()
    await store.changeHost({ subject: host.subject }, () => host)
    const read = await store.findHost({ id: host.id })
    expect(JSON.stringify(read, replacer)).toBe(JSON.stringify(host, replacer))
  })

  it('never lists a host whose verdict is bad, whatever the code around it does', async () => {
    const host = await storedHost()
    const bad = {
      ...host,
      evidence: { ...host.evidence, verdict: { ...host.evidence.verdict, status: 'contraindicated' as const } }
    }
    await expect(store.changeHost({ subject: host.subject }, () => bad)).rejects.toMatchObject({ code: '23514' })
    const doubted = {
      ...host,
      evidence: { ...host.evidence, verdict: { ...host.evidence.verdict, trusted: false } }
    }
    await expect(store.changeHost({ subject: host.subject }, () => doubted)).rejects.toMatchObject({ code: '23514' })
    const bare = { ...host, evidence: { ...host.evidence, collateralDigest: undefined } }
    await expect(store.changeHost({ subject: host.subject }, () => bare)).rejects.toMatchObject({ code: '23514' })
  })

  it('takes nothing back that a failed change did', async () => {
    const host = await storedHost()
    const failing = store.changeHost({ subject: host.subject }, () => {
      throw new RangeError('planned')
    })
    await expect(failing).rejects.toThrow('planned')
    expect(await store.listHosts()).toEqual([])
  })

  it('drops old blobs that no host names, and keeps those that were stored again', async () => {
    const host = await storedHost()
    await store.changeHost({ subject: host.subject }, () => host)
    const [stale, again] = [
      await store.insertBlob(Uint8Array.of(3), NOW),
      await store.insertBlob(Uint8Array.of(4), NOW)
    ]
    await store.insertBlob(Uint8Array.of(4), at(120))
    await store.dropBlobs(at(60))
    expect(await store.findBlob(stale)).toBeUndefined()
    expect(await store.findBlob(again)).toBeDefined()
    expect(await store.findBlob(host.evidence.bundleDigest)).toBeDefined()
    expect(await store.findBlob(host.evidence.collateralDigest!)).toBeDefined()
  })

  it('names a blob by what it holds', async () => {
    expect(await store.insertBlob(Uint8Array.of(5), NOW)).toEqual(sha256(Uint8Array.of(5)))
  })
})

function replacer(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer')
    return (value as unknown as { data: number[] }).data
  return value instanceof Uint8Array ? [...value] : value
}
