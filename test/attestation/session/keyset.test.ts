import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../attestation/crypto.ts'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { encodeJcs, type JsonValue } from '../../../attestation/jcs.ts'
import { encodeChallenge, parseKeyset } from '../../../attestation/session/keyset.ts'
import { refusalOf } from './alteration.ts'
import { readOwnConversations } from './conversation.ts'

const text = readOwnConversations().hosts[0]!.keyset_utf8
const document = JSON.parse(text) as { readonly [member: string]: JsonValue }

describe('a keyset', () => {
  it('keeps members that it does not know in its digest, and out of what is read', () => {
    const bytes = encodeJcs({ ...document, zone: 'b', model: { ...(document['model'] as object), license: 'x' } })
    const keyset = parseKeyset(bytes)
    expect(keyset.digest).toEqual(sha256(bytes))
    expect(keyset.model).toEqual(parseKeyset(encodeUtf8(text)).model)
    expect(keyset).not.toHaveProperty('zone')
  })

  it('leaves out keys of another algo, whatever they look like', () => {
    const [known] = document['e2ee_public_keys'] as readonly JsonValue[]
    const keys = [{ algo: 'bombyx-session-2', key_id: 's2', blob: [1] }, known as JsonValue]
    expect(parseKeyset(encodeJcs({ ...document, e2ee_public_keys: keys })).sessionKeys).toHaveLength(1)
    expect(parseKeyset(encodeJcs({ ...document, receipt_signing_keys: keys })).receiptKeys).toHaveLength(0)
  })
})

describe('a name in a keyset', () => {
  const model = document['model'] as { readonly [member: string]: JsonValue }
  it.each([
    ['a terminal escape', 'a\u001b[2J'],
    ['NUL, which no database stores', 'a\u0000b'],
    ['a line end', 'a\nb'],
    ['a line separator', 'a\u2028b'],
    ['nothing', '']
  ])('is refused with %s', async (_, id) => {
    expect(await refusalOf(() => parseKeyset(encodeJcs({ ...document, model: { ...model, id } })))).toBe(
      'KEYSET_MALFORMED'
    )
  })

  it('is of any script', () => {
    expect(parseKeyset(encodeJcs({ ...document, model: { ...model, id: 'Qwen/千问-8B' } })).model.id).toBe(
      'Qwen/千问-8B'
    )
  })
})

describe('a challenge', () => {
  it.each([
    ['short random bytes', { random: new Uint8Array(31) }],
    ['a short root hash', { rootHash: new Uint8Array(31) }],
    ['a network beyond 32 bits', { network: 2 ** 31 }]
  ])('is not made of %s', (_, wrong) => {
    const good = { random: new Uint8Array(32), rootHash: new Uint8Array(32), network: -239, seqno: 1, genUtime: 1 }
    expect(() => encodeChallenge({ ...good, ...wrong })).toThrow(TypeError)
  })
})
