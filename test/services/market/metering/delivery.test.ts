import { beforeAll, describe, expect, it } from 'vitest'
import { signUsage } from '../../../../attestation/receipt/usage.ts'
import { checkDelivery, type DeliveredStatement } from '../../../../services/market/metering/delivery.ts'
import { deliveryFromWire, meteredToWire } from '../../../../services/market/metering/wire.ts'
import { createGuestMaker, type Guest, type GuestMaker } from '../../../fakes/guest.ts'

let createGuest: GuestMaker
beforeAll(async () => {
  createGuest = await createGuestMaker()
})

function deliver(guest: Guest, seq: number): DeliveredStatement {
  const fields = {
    counts: { prompt: 1, cached: 0, completion: 1, reasoning: 0 },
    durationMs: 1,
    epoch: guest.keyset.epoch,
    finish: 'complete',
    keyId: 'r1',
    model: guest.keyset.model.id,
    n: 0,
    price: 1n,
    receiptHash: null,
    seq,
    sessionId: new Uint8Array(16),
    tenant: new Uint8Array(16),
    keysetDigest: guest.keyset.digest
  } as const
  return { statement: signUsage(fields, guest.receiptKey), keyset: guest.keyset.bytes, keyId: undefined }
}

describe('a delivery', () => {
  it('is checked statement by statement: each keeps its index', () => {
    const [one, other] = [createGuest(), createGuest()]
    const forged = { ...deliver(one, 2), keyset: other.keyset.bytes }
    const empty = { statement: new Uint8Array(), keyset: new Uint8Array(), keyId: undefined }
    const { proven, refused } = checkDelivery([deliver(one, 1), forged, deliver(other, 7), empty])
    expect(proven.map(({ index, usage }) => [index, usage.seq])).toEqual([
      [0, 1],
      [2, 7]
    ])
    expect(refused).toEqual([
      { index: 1, code: 'USAGE_REFUSED' },
      { index: 3, code: 'KEYSET_MALFORMED' }
    ])
  })

  it('with one bit turned anywhere proves nothing', () => {
    const guest = createGuest()
    const { statement, keyset } = deliver(guest, 1)
    for (let at = 0; at < statement.byteLength; at += 7) {
      const turned = statement.slice()
      turned[at] = (turned[at] ?? 0) ^ 1
      expect(checkDelivery([{ statement: turned, keyset, keyId: undefined }]).proven).toEqual([])
    }
  })

  it('of more than 1,024 statements is refused as a whole', () => {
    const statements = Array.from({ length: 1025 }, () => ({
      ...{ statement: Buffer.alloc(0), keyset: Buffer.alloc(0), keyId: Buffer.alloc(0) }
    }))
    expect(() => deliveryFromWire({ statements })).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
    expect(deliveryFromWire({ statements: statements.slice(1) })).toHaveLength(1024)
  })

  it('is answered with 64-bit progress', () => {
    const storedUpTo = 9_007_199_254_740_993n
    const answer = meteredToWire({ progress: [{ epoch: new Uint8Array(16), storedUpTo }], refused: [] })
    expect(answer.progress?.[0]?.storedUpTo).toBe('9007199254740993')
  })
})
