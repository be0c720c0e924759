import { describe, expect, test } from 'vitest'
import { randomBytes } from '../../../attestation/crypto.ts'
import { FRAME } from '../../../attestation/session/frame-header.ts'
import { parseFramePayload } from '../../../attestation/session/frames.ts'
import { forwardLeft, type LeftParcel, type LeftWord } from '../../../services/relay/left-statements.ts'
import type { UsageSource, UsageWord } from '../../../services/relay/usage.ts'
import { FakeHost } from '../../fakes/link-host.ts'

const KEY = randomBytes(16)
const host = new FakeHost()
const sessionId = randomBytes(16)
const signed = (seq: number, by = host): Uint8Array => by.sign(seq, { model: 'm', n: seq, sessionId })

/** Forwards a parcel for `host`; the market has these words, in turn. */
function forward(parcel: LeftParcel, words: readonly UsageWord[]) {
  const passed: number[] = []
  const sources: UsageSource[] = []
  const told: LeftWord[] = []
  forwardLeft(parcel, (word) => told.push(word), {
    host: { hostId: 'a', keyset: host.keyset },
    pass: (usage, payload) => {
      const frame = parseFramePayload(FRAME.usage, 0, payload)
      if (frame.kind === 'usage' && frame.seq === usage.seq) passed.push(usage.seq)
      return KEY
    },
    add: (source, _statement, _acknowledge, tell) => {
      sources.push(source)
      tell?.(words[sources.length - 1] ?? 'stored')
    }
  })
  return { passed, sources, told }
}

describe('statements that an earlier start of a host left', () => {
  test('go to the market under their own keyset, and each is told of in one word', () => {
    const parcel = { keyset: host.keyset.bytes, statements: [1, 2, 3].map((seq) => signed(seq)) }
    const { passed, sources, told } = forward(parcel, ['stored', 'refused', 'dropped'])
    expect(told).toEqual([{ stored: [0], refused: [1] }])
    expect(passed).toEqual([1, 2, 3])
    expect(sources[0]).toMatchObject({ hostId: 'a', keyId: KEY, keyset: { epoch: host.keyset.epoch } })
  })

  test('are charged to no key, and told to no client, where another host signed them', () => {
    const other = new FakeHost()
    const { passed, sources } = forward({ keyset: other.keyset.bytes, statements: [signed(1, other)] }, [])
    expect([passed, sources.map(({ keyId }) => keyId)]).toEqual([[], [undefined]])
  })

  test('are refused without the market where they are none', () => {
    const parcel = { keyset: host.keyset.bytes, statements: [new Uint8Array(3), signed(2)] }
    expect(forward(parcel, []).told).toEqual([{ stored: [1], refused: [0] }])
    const { sources, told } = forward({ ...parcel, keyset: new Uint8Array(1) }, [])
    expect([sources, told]).toEqual([[], [{ stored: [], refused: [0, 1] }]])
  })
})
