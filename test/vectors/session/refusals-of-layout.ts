import { concatBytes, decodeHex, encodeHex as hex, uint8 } from '../../../attestation/encoding.ts'
import { encodeFrame } from '../../../attestation/session/frames.ts'
import type { Conversations, RecordedHost } from '../../attestation/session/conversation.ts'
import type { Refusal } from '../../attestation/session/refusal.ts'

type Named = Refusal & { readonly name: string }

export function keysetRefusals(host: RecordedHost): readonly Named[] {
  const text = host.keyset_utf8
  const refusal = (name: string, keyset_utf8: string): Named => ({
    name: `keyset-${name}`,
    kind: 'keyset',
    keyset_utf8,
    code: 'KEYSET_MALFORMED'
  })
  return [
    refusal('white-space', text.replace(',', ', ')),
    refusal('other-order', text.replace(/"arch":"HOPPER",("certificate_sha256":"[0-9a-f]*")/, '$1,"arch":"HOPPER"')),
    refusal('member-twice', text.replace('"switches":[]', '"switches":[],"switches":[]')),
    refusal('member-missing', text.replace('"switches":[],', '')),
    refusal('upper-case-hex', text.replace(/"epoch":"[0-9a-f]*"/, (epoch) => `"epoch":"${epoch.slice(9, -1).toUpperCase()}"`)),
    refusal('short-key', text.replace(/("public_key":"[0-9a-f]*)[0-9a-f]{2}"/, '$1"')),
    refusal('number-as-text', text.replace(/"not_after":(\d+)/, '"not_after":"$1"')),
    refusal('other-subject', text.replace('bombyx:host:', 'bombyx:relay:')),
    refusal('not-an-object', `[${text}]`),
    refusal('over-64-kib', text.replace('"vllm"', `"${'v'.repeat(65_536)}"`))
  ]
}

export function frameRefusals({ link }: Conversations): readonly Named[] {
  const open = decodeHex(link.client_to_relay.frames['open'] as string)
  const refusal = (name: string, batch: Uint8Array): Named => ({
    name: `frames-${name}`,
    kind: 'frames',
    batch: hex(batch),
    code: 'FRAME_MALFORMED'
  })
  const meta = new Uint8Array(4)
  const pair = { digest: new Uint8Array(32), wrap: new Uint8Array(48) }
  const reset = encodeFrame({ kind: 'reset', stream: 2, code: 1 })
  return [
    refusal('nothing', new Uint8Array(0)),
    refusal('over-64-kib', concatBytes(...Array.from({ length: 6554 }, () => reset))),
    refusal('unknown-type', concatBytes(uint8(14), reset.subarray(1))),
    refusal('type-0', concatBytes(uint8(0), reset.subarray(1))),
    refusal('cut-header', concatBytes(reset, reset.subarray(0, 7))),
    refusal('cut-payload', reset.subarray(0, -1)),
    refusal('long-payload', concatBytes(reset.subarray(0, 7), uint8(3), new Uint8Array(3))),
    refusal('data-on-the-link', encodeFrame({ kind: 'data', stream: 0, chunk: new Uint8Array(17) })),
    refusal('slots-on-a-stream', concatBytes(uint8(2), decodeHex('00000002000008'), new Uint8Array(8))),
    refusal('chunk-over-32-kib', encodeFrame({ kind: 'data', stream: 2, chunk: new Uint8Array(32_785) })),
    refusal('open-without-candidates', encodeFrame({ kind: 'open', stream: 1, meta, candidates: [] })),
    refusal('open-with-nine', encodeFrame({ kind: 'open', stream: 1, meta, candidates: nine() })),
    refusal('open-with-one-twice', encodeFrame({ kind: 'open', stream: 1, meta, candidates: [pair, pair] })),
    refusal('open-cut', concatBytes(open.subarray(0, 5), Uint8Array.of(0, 0, open.length - 9), open.subarray(8, -1)))
  ]
}

function nine() {
  return Array.from({ length: 9 }, (_, i) => ({ digest: new Uint8Array(32).fill(i), wrap: new Uint8Array(48) }))
}
