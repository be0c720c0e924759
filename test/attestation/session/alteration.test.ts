import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ed25519PrivateKey, sha256 } from '../../../attestation/crypto.ts'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { verifyReceipt } from '../../../attestation/receipt/receipt.ts'
import { verifyUsage } from '../../../attestation/receipt/usage.ts'
import { acceptHello, type HelloMessage, type HostKeys } from '../../../attestation/session/handshake.ts'
import { openRequest } from '../../../attestation/session/request.ts'
import { AnswerOpener } from '../../../attestation/session/response.ts'
import { altered, rearranged, refusalOf } from './alteration.ts'
import { eachSource, type RecordedSession } from './conversation.ts'
import { acceptMessageOf, bytes, clientOf, hostLegOf, hostNamed, keysetOf, pricesOf } from './replay.ts'

const HANDSHAKES = { numRuns: 40 }
const RUNS = { numRuns: 200 }

// Change, cut, add or swap bytes anywhere: nothing of it is taken.
eachSource((conversations) => {
  const { now } = conversations.time
  const sessions = conversations.sessions.map((session) => [session.name, session] as const)

  describe.each(sessions)('%s, altered on its way', (_, session) => {
    const { request } = session
    const accept = session.accepts[0]!
    const host = hostNamed(conversations, accept.host)
    const response = session.responses[0]!

    it('a hello leads to no session', async () => {
      using client = await clientOf(conversations, session)
      const { hello, payerSignature } = client.message
      await fc.assert(
        fc.asyncProperty(altered(hello), async (other) => {
          const outcome = await refusalOf(async () => {
            const answer = await acceptHello({ hello: other, payerSignature }, hostKeys())
            // A hello without a payer is signed by nobody: the client refuses what a host answers to another one.
            await client.receiveAccept(answer.message, now)
          })
          expect(outcome).toMatch(/^(HELLO_MALFORMED|HELLO_REFUSED|KEYSET_CHANGED|ACCEPT_REFUSED)$/)
        }),
        HANDSHAKES
      )
    })

    it('a payer’s signature is refused', async () => {
      using client = await clientOf(conversations, session)
      const { hello, payerSignature } = client.message
      const other = payerSignature.byteLength > 0 ? altered(payerSignature) : fc.uint8Array({ minLength: 1 })
      await fc.assert(
        fc.asyncProperty(other, async (signature) => {
          const message: HelloMessage = { hello, payerSignature: signature }
          expect(await refusalOf(() => acceptHello(message, hostKeys()))).toBe('HELLO_REFUSED')
        }),
        RUNS
      )
    })

    it('an accept is refused, and so is its signature', async () => {
      using client = await clientOf(conversations, session)
      const good = acceptMessageOf(accept)
      const messages = fc.oneof(
        altered(good.accept).map((other) => ({ ...good, accept: other })),
        altered(good.signature).map((signature) => ({ ...good, signature }))
      )
      await fc.assert(
        fc.asyncProperty(messages, async (message) => {
          const outcome = await refusalOf(() => client.receiveAccept(message, now))
          expect(outcome).toMatch(/^(ACCEPT_MALFORMED|ACCEPT_REFUSED)$/)
        }),
        RUNS
      )
    })

    it('a meta opens nothing', async () => {
      const leg = hostLegOf(conversations, session, host.name)
      const wrap = bytes(request.wraps.find((one) => one.host === host.name)!.wrap)
      await fc.assert(
        fc.asyncProperty(altered(bytes(request.meta)), async (meta) => {
          const outcome = await refusalOf(() => openRequest(leg, meta, wrap, now))
          expect(outcome).toMatch(/^(REQUEST_MALFORMED|TOO_LARGE|SESSION_UNKNOWN|UNSEAL_FAILED)$/)
        }),
        RUNS
      )
    })

    it('a wrap opens nothing', async () => {
      const leg = hostLegOf(conversations, session, host.name)
      const wrap = bytes(request.wraps.find((one) => one.host === host.name)!.wrap)
      await fc.assert(
        fc.asyncProperty(altered(wrap), async (other) => {
          expect(await refusalOf(() => openRequest(leg, bytes(request.meta), other, now))).toBe('UNSEAL_FAILED')
        }),
        RUNS
      )
    })

    it('a request’s chunks are refused', async () => {
      const leg = hostLegOf(conversations, session, host.name)
      const wrap = bytes(request.wraps.find((one) => one.host === host.name)!.wrap)
      await fc.assert(
        fc.asyncProperty(alteredChunks(request.chunks), async (chunks) => {
          const outcome = await refusalOf(() => {
            const opener = openRequest(leg, bytes(request.meta), wrap, now)
            for (const { sealed, final } of chunks) opener.open(sealed, final)
            opener.end()
          })
          expect(outcome).toMatch(/^(UNSEAL_FAILED|TRUNCATED)$/)
        }),
        RUNS
      )
    })

    it('an answer’s chunks are refused', async () => {
      await fc.assert(
        fc.asyncProperty(alteredChunks(response.chunks), async (chunks) => {
          const outcome = await refusalOf(() => {
            const opener = new AnswerOpener(bytes(response.reply), bindingOf(session), () => {})
            for (const { sealed, final } of chunks) opener.open(sealed, final)
            opener.end()
          })
          expect(outcome).toMatch(/^(UNSEAL_FAILED|TRUNCATED)$/)
        }),
        RUNS
      )
    })

    it('a receipt and a usage statement are refused', async () => {
      const keyset = keysetOf(hostNamed(conversations, response.host))
      const expected = {
        keyset,
        sessionId: bytes(session.hello.session_id),
        n: request.meta_fields.n,
        requestContentHash: sha256(encodeUtf8(request.body_utf8)),
        responseContentHash: sha256(encodeUtf8(response.content_utf8))
      }
      const receipts = altered(encodeUtf8(response.receipt_utf8))
      const statements = altered(encodeUtf8(response.usage_statement_utf8))
      await fc.assert(
        fc.asyncProperty(receipts, statements, async (receipt, statement) => {
          const outcome = await refusalOf(() => verifyReceipt(receipt, expected))
          expect(outcome).toMatch(/^(RECEIPT_MALFORMED|RECEIPT_REFUSED)$/)
          expect(await refusalOf(() => verifyUsage(statement, keyset))).toMatch(/^(USAGE_MALFORMED|USAGE_REFUSED)$/)
        }),
        RUNS
      )
    })

    function hostKeys(): HostKeys {
      return {
        keyset: keysetOf(host),
        sessionKey: ed25519PrivateKey(bytes(host.session_seed)),
        prices: pricesOf(accept.fields.price),
        replayWindow: accept.fields.replay_window,
        now,
        maxNotAfter: now + 3600
      }
    }

    function bindingOf({ request }: RecordedSession) {
      const digest = bytes(hostNamed(conversations, response.host).digest)
      return { thm: bytes(request.thm), salt: bytes(response.salt), digest, requestHash: bytes(request.req) }
    }
  })
})

interface Chunk {
  readonly sealed: Uint8Array
  readonly final: boolean
}

function alteredChunks(recorded: readonly string[]): fc.Arbitrary<readonly Chunk[]> {
  const chunks = recorded.map((sealed, j) => ({ sealed: bytes(sealed), final: j === recorded.length - 1 }))
  const replaced = fc.nat(chunks.length - 1).chain((i) => {
    const { sealed, final } = chunks[i]!
    const other = fc.oneof(
      altered(sealed).map((bytes) => ({ sealed: bytes, final })),
      fc.constant({ sealed, final: !final })
    )
    return other.map((chunk) => chunks.with(i, chunk))
  })
  return rearranged(chunks, replaced)
}
