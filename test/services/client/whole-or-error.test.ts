import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SESSION_CODES, type SessionCode } from '../../../attestation/session/codes.ts'
import type { SealedChunk } from '../../../attestation/session/response.ts'
import type { BombyxClient } from '../../../services/client/client.ts'
import type { HostScript } from '../../fakes/host-script.ts'
import { ANSWER, answerChat, ask, EVENTS, startNetwork } from './chat.ts'

const code = fc.constantFrom<SessionCode>(...SESSION_CODES)
const index = fc.nat(4)

/** What a host, or a relay in front of it, may do to a request. */
const behaviour: fc.Arbitrary<Partial<HostScript>> = fc.oneof(
  fc.constant({}),
  code.map((refuseOpen) => ({ refuseOpen })),
  code.map((refuseAnswer) => ({ refuseAnswer })),
  fc.record({ chunks: index, code }).map((resetAfter) => ({ resetAfter })),
  fc.constant({ receipt: () => undefined }),
  index.map((at) => ({ tamper: onChunk(at, (chunk) => [{ ...chunk, sealed: chunk.sealed.with(0, 9) }]) })),
  index.map((at) => ({ tamper: onChunk(at, (chunk) => [chunk, chunk]) })),
  index.map((at) => ({ tamper: onChunk(at, (chunk) => [{ ...chunk, final: true }]) }))
)

const request = fc.record({ stream: fc.boolean(), cancelAfterMs: fc.option(fc.nat(20)) })

function onChunk(
  at: number,
  change: (chunk: SealedChunk) => readonly SealedChunk[]
): NonNullable<HostScript['tamper']> {
  let over = false
  return (chunk, n) => {
    if (over) return []
    const out = n === at ? change(chunk) : [chunk]
    over = out.some(({ final }) => final)
    return out
  }
}

/** What the application ends up with. */
async function outcome(client: BombyxClient, wish: { stream: boolean; cancelAfterMs: number | null }): Promise<string> {
  const caller = new AbortController()
  const { cancelAfterMs } = wish
  const timer = cancelAfterMs === null ? undefined : setTimeout(() => caller.abort(), cancelAfterMs)
  try {
    const response = await ask(client, { stream: wish.stream }, { signal: caller.signal })
    const text = await response.text()
    return response.status === 200 ? text.replace(/^: *\n/gm, '') : 'error'
  } catch {
    return 'error'
  } finally {
    clearTimeout(timer)
  }
}

test('whatever hosts and relays do, an application gets the whole answer or an error, and every request ends', async () => {
  const network = await startNetwork(3)
  await using client = network.client({ requestSeconds: 1 })
  const requests = fc.array(request, { minLength: 1, maxLength: 4 })
  const property = fc.asyncProperty(fc.tuple(behaviour, behaviour, behaviour), requests, async (scripts, wishes) => {
    for (const [at, script] of scripts.entries()) network.hosts[at]!.script = { answer: answerChat, ...script }
    const outcomes = await Promise.all(wishes.map((wish) => outcome(client, wish)))
    for (const [at, { stream }] of wishes.entries()) {
      expect([stream ? EVENTS.join('') : ANSWER, 'error']).toContain(outcomes[at])
    }
  })
  await fc.assert(property, { numRuns: 40 })
  for (const host of network.hosts) host.script = { answer: answerChat }
  expect(await outcome(client, { stream: true, cancelAfterMs: null })).toBe(EVENTS.join(''))
  const sealed = new Set(network.told('request-sealed').map(({ requestId }) => requestId))
  const ended = [...network.told('receipt-verified'), ...network.told('request-failed')].map(
    ({ requestId }) => requestId
  )
  const renewed = network.told('attempt-failed').filter(({ next }) => next === 'a new session')
  expect(new Set([...ended, ...renewed.map(({ requestId }) => requestId)].filter((id) => id !== null))).toEqual(sealed)
}, 60_000)
