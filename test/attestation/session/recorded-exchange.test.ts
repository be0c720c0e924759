import { describe, expect, it } from 'vitest'
import { ed25519PrivateKey, sha256 } from '../../../attestation/crypto.ts'
import { concatBytes, decodeUtf8, encodeUtf8, encodeHex as hex, lengthPrefixed } from '../../../attestation/encoding.ts'
import { parseReceipt, signReceipt, verifyReceipt } from '../../../attestation/receipt/receipt.ts'
import { parseUsage, priceOf, signUsage, verifyUsage } from '../../../attestation/receipt/usage.ts'
import { BhttpResponseReader, encodeBhttpRequest, parseBhttpRequest } from '../../../attestation/session/bhttp.ts'
import { ChunkSealer } from '../../../attestation/session/chunk-stream.ts'
import { dangerouslySealRequestWith } from '../../../attestation/session/client-request.ts'
import * as schedule from '../../../attestation/session/key-schedule.ts'
import { padZero } from '../../../attestation/session/padding.ts'
import { affinityOf, encodeMeta, parseMeta } from '../../../attestation/session/request.ts'
import { AnswerOpener } from '../../../attestation/session/response.ts'
import { eachSource } from './conversation.ts'
import { bytes, clientLegsOf, hostLegOf, hostNamed, keysetOf, pricesOf, wishOf } from './replay.ts'
import { contentOf, openRecorded, resealed, trailerOf } from './replay-answer.ts'

eachSource((conversations) => {
  const { sessions } = conversations

  describe.each(sessions)('session $name: request', (session) => {
    const { request } = session

    it('writes meta from its fields, and reads it back', () => {
      const inputSize = request.meta_fields.input_size
      const meta = { ...wishOf(session), sessionId: bytes(request.meta_fields.session_id), inputSize }
      expect(hex(encodeMeta(meta))).toBe(request.meta)
      expect(hex(encodeMeta(parseMeta(bytes(request.meta))))).toBe(request.meta)
      expect(hex(schedule.metaHash(bytes(request.meta)))).toBe(request.thm)
    })

    it('names the prefix by its affinity', () => {
      const affinity = affinityOf(bytes(request.affinity_key), encodeUtf8(request.affinity_prefix_utf8))
      const { affinity: used } = request.meta_fields
      expect([hex(affinity), '0000000000000000']).toContain(used)
    })

    it('wraps the dek for each leg', async () => {
      const legs = await clientLegsOf(conversations, session)
      const bhttp = bytes(request.bhttp)
      using sealed = dangerouslySealRequestWith(bytes(request.dek), legs, { wish: wishOf(session), bhttp })
      expect(hex(sealed.metaBytes)).toBe(request.meta)
      const wraps = sealed.wraps.map(({ digest, wrap }) => ({ digest: hex(digest), wrap: hex(wrap) }))
      expect(wraps).toEqual(request.wraps.map(({ digest, wrap }) => ({ digest, wrap })))
      for (const { host, wrap_key } of request.wraps) {
        const { leg } = session.accepts.find((accept) => accept.host === host)!
        expect(hex(schedule.wrapKey(bytes(leg), bytes(request.thm)))).toBe(wrap_key)
      }
    })

    it('encodes and pads the request', () => {
      const parsed = parseBhttpRequest(bytes(request.padded))
      expect(decodeUtf8(parsed.content)).toBe(request.body_utf8)
      expect(hex(encodeBhttpRequest(parsed))).toBe(request.bhttp)
      expect(hex(padZero(bytes(request.bhttp)))).toBe(request.padded)
    })

    it('seals the chunks', () => {
      const keys = schedule.requestKeys(bytes(request.thm), bytes(request.dek))
      expect(hex(keys)).toBe(request.k + request.iv)
      const sealer = new ChunkSealer(keys)
      const last = request.plaintexts.length - 1
      const chunks = request.plaintexts.map((plaintext, j) => hex(sealer.seal(bytes(plaintext), j === last)))
      expect(chunks).toEqual(request.chunks)
      expect(hex(sha256(...request.chunks.map((chunk) => lengthPrefixed(bytes(chunk)))))).toBe(request.req)
    })

    it.each(request.wraps)('is opened by $host', ({ host, wrap }) => {
      const opened = openRecorded(conversations, session, hostLegOf(conversations, session, host), bytes(wrap))
      expect(hex(opened.plaintext)).toBe(request.padded)
    })
  })

  describe.each(sessions.flatMap((session) => session.responses.map((response) => ({ session, response }))))(
    'session $session.name: answer by $response.host',
    ({ session, response }) => {
      const { request } = session
      const accept = session.accepts.find((one) => one.host === response.host)!
      const host = hostNamed(conversations, response.host)
      const binding = {
        thm: bytes(request.thm),
        salt: bytes(response.salt),
        digest: bytes(host.digest),
        requestHash: bytes(request.req)
      }
      const last = response.chunks.length - 1

      it('derives its keys', () => {
        const reply = schedule.replyKey(bytes(accept.leg), binding.thm)
        expect(hex(reply)).toBe(response.reply)
        expect(hex(schedule.responseKeys(reply, binding))).toBe(response.k + response.iv)
      })

      it('is sealed by the host', () => {
        const leg = hostLegOf(conversations, session, response.host)
        const wrap = request.wraps.find((one) => one.host === response.host)!
        const { opener } = openRecorded(conversations, session, leg, bytes(wrap.wrap))
        using sealer = opener.sealResponse(bytes(response.salt))
        const chunks = response.plaintexts.flatMap((plaintext, j) => sealer.seal(bytes(plaintext), j === last))
        expect(chunks.map(({ sealed }) => hex(sealed))).toEqual(response.chunks)
        expect(chunks.map(({ final }) => final)).toEqual(response.chunks.map((_, j) => j === last))
      })

      it('is opened by the client, and its receipt holds', () => {
        const opener = new AnswerOpener(bytes(response.reply), binding, () => {})
        const reader = new BhttpResponseReader()
        const parts = response.chunks.flatMap((chunk, j) => reader.push(opener.open(bytes(chunk), j === last)))
        opener.end()
        reader.end()
        const content = contentOf(parts)
        expect(decodeUtf8(content)).toBe(response.content_utf8)
        const receipt = Buffer.from(trailerOf(parts), 'base64')
        expect(decodeUtf8(receipt)).toBe(response.receipt_utf8)
        const verified = verifyReceipt(receipt, {
          keyset: keysetOf(host),
          sessionId: bytes(session.hello.session_id),
          n: request.meta_fields.n,
          requestContentHash: sha256(encodeUtf8(request.body_utf8)),
          responseContentHash: sha256(content)
        })
        expect(hex(verified.forwardedHash)).toBe(hex(sha256(encodeUtf8(request.forwarded_body_utf8))))
        const salted = sha256(concatBytes(verified.salt, encodeUtf8(request.body_utf8)))
        expect(hex(verified.requestHash)).toBe(hex(salted))
      })

      it('is cut and padded the same', () => {
        expect(resealed(response).map(hex)).toEqual(response.plaintexts)
      })

      it('signs the same receipt and usage statement', () => {
        const key = ed25519PrivateKey(bytes(host.receipt_seed))
        const receipt = parseReceipt(encodeUtf8(response.receipt_utf8))
        expect(decodeUtf8(signReceipt(receipt, key))).toBe(response.receipt_utf8)
        const usage = verifyUsage(encodeUtf8(response.usage_statement_utf8), keysetOf(host))
        expect(decodeUtf8(signUsage(usage, key))).toBe(response.usage_statement_utf8)
        expect(hex(usage.receiptHash!)).toBe(hex(sha256(receipt.bytes)))
        expect(usage.price).toBe(priceOf(usage.counts, pricesOf(accept.fields.price)))
        expect(usage.counts).toEqual(receipt.usage)
        expect(hex(usage.tenant)).toBe(session.hello.tenant_pseudonym)
      })
    }
  )

  it.each(sessions)('signs the same usage statement where $name was not answered', ({ unanswered, accepts }) => {
    const host = hostNamed(conversations, unanswered.host)
    const usage = verifyUsage(encodeUtf8(unanswered.usage_statement_utf8), keysetOf(host))
    const signed = signUsage(usage, ed25519PrivateKey(bytes(host.receipt_seed)))
    expect(decodeUtf8(signed)).toBe(unanswered.usage_statement_utf8)
    expect(usage.receiptHash).toBeNull()
    const { price } = accepts.find((accept) => accept.host === unanswered.host)!.fields
    expect(usage.price).toBe(priceOf(parseUsage(signed).counts, pricesOf(price)))
  })
})
