import { concatBytes, encodeUtf8 } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import {
  type BhttpResponsePart,
  BhttpResponseReader,
  encodeBhttpRequest,
  parseBhttpRequest
} from '../../../attestation/session/bhttp.ts'
import { encodeFrame, parseFrames } from '../../../attestation/session/frames.ts'
import {
  encodeClientLinkHello,
  encodeHostLinkHello,
  encodeRelayLinkHello,
  parseClientLinkHello,
  parseHostLinkHello,
  parseRelayLinkHello
} from '../../../attestation/session/link-hello.ts'
import { SseSealer } from '../../../attestation/session/sse-seal.ts'
import { decodeBatch, encodeBatch } from '../../../proto/link.ts'
import { type Conversations, readOwnConversations } from '../../attestation/session/conversation.ts'
import { bytes } from '../../attestation/session/replay.ts'
import { contentOf } from '../../attestation/session/replay-answer.ts'
import type { FuzzTarget } from '../target.ts'
import { mustBe } from './evidence.ts'

/** What is inside the seal, and the frames around it. */
export function messageTargets(): readonly FuzzTarget[] {
  const conversations = readOwnConversations()
  const { sessions } = conversations
  const responses = sessions.flatMap((session) => session.responses)
  const plaintexts = responses.map((response) => concatBytes(...response.plaintexts.map(bytes)))
  const contents = responses.map(({ content_utf8 }) => encodeUtf8(content_utf8))
  return [
    {
      name: 'BHTTP request',
      seeds: sessions.map(({ request }) => bytes(request.padded)),
      codes: ['BHTTP_MALFORMED'],
      weight: 14,
      limitMs: 50,
      run(input) {
        const request = parseBhttpRequest(input)
        const again = parseBhttpRequest(encodeBhttpRequest(request))
        mustBe(again.content, request.content)
      }
    },
    {
      name: 'BHTTP response',
      seeds: plaintexts,
      codes: ['BHTTP_MALFORMED', 'TRUNCATED'],
      weight: 14,
      limitMs: 150,
      run(input) {
        const whole = readResponse([input])
        const cut = readResponse(pieces(input))
        if (whole.code !== cut.code) throw new Error(`${whole.code} as a whole, ${cut.code} in pieces`)
        if (whole.code !== undefined) throw new AttestationError(whole.code, 'refused')
        mustBe(contentOf(cut.parts), contentOf(whole.parts))
      }
    },
    {
      name: 'SSE sealer',
      seeds: contents,
      codes: [],
      weight: 8,
      limitMs: 100,
      run: sealAndRead
    },
    ...frameTargets(conversations)
  ]
}

function frameTargets({ link }: Conversations): readonly FuzzTarget[] {
  const batches = [link.relay_to_host, link.host_to_relay, link.client_to_relay, link.relay_to_client]
  const nonce = bytes(link.relay_nonce)
  const hellos = [
    encodeRelayLinkHello({ nonce, mostStreams: 100, mostBatchBytes: 65_536 }),
    encodeHostLinkHello({ digest: nonce, signature: bytes(link.hello_signature) }),
    encodeClientLinkHello(encodeUtf8(link.credential))
  ]
  return [
    {
      name: 'frames',
      seeds: batches.map(({ batch }) => bytes(batch)),
      codes: ['FRAME_MALFORMED'],
      weight: 16,
      limitMs: 50,
      run: (input) => mustBe(concatBytes(...parseFrames(input).map(encodeFrame)), input)
    },
    {
      name: 'link hellos',
      seeds: hellos,
      codes: ['FRAME_MALFORMED'],
      weight: 8,
      limitMs: 50,
      run(input) {
        // Which of the three it is depends on who speaks: each reader gets every input.
        const readers = [parseRelayLinkHello, parseHostLinkHello, parseClientLinkHello]
        const codes = readers.map((read) => codeOfReading(() => read(input)))
        if (codes.every((code) => code !== undefined)) throw new AttestationError('FRAME_MALFORMED', 'refused')
      }
    },
    {
      name: 'batch message',
      seeds: batches.map(({ grpc_message }) => bytes(grpc_message)),
      codes: ['FRAME_MALFORMED'],
      weight: 8,
      limitMs: 50,
      run(input) {
        try {
          const frames = decodeBatch(input)
          if (frames.byteLength > 65_536) throw new Error('a batch over 64 KiB was read')
          mustBe(decodeBatch(encodeBatch(frames)), frames)
        } catch (error) {
          // As proto/link.ts documents; grpc-js makes the call's status of it.
          if (error instanceof RangeError) throw new AttestationError('FRAME_MALFORMED', 'refused', { cause: error })
          throw error
        }
      }
    }
  ]
}

function codeOfReading(read: () => unknown): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    if (error instanceof AttestationError && error.code === 'FRAME_MALFORMED') return error.code
    throw error
  }
}

type ResponseCode = 'BHTTP_MALFORMED' | 'TRUNCATED'

function readResponse(plaintexts: readonly Uint8Array[]): {
  parts: BhttpResponsePart[]
  code: ResponseCode | undefined
} {
  const reader = new BhttpResponseReader()
  const parts: BhttpResponsePart[] = []
  try {
    for (const plaintext of plaintexts) parts.push(...reader.push(plaintext).map(copied))
    reader.end()
    return { parts, code: undefined }
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error
    return { parts, code: error.code as ResponseCode }
  }
}

function copied(part: BhttpResponsePart): BhttpResponsePart {
  return part.kind === 'content' ? { ...part, bytes: part.bytes.slice() } : part
}

/** Cut where the bytes themselves say, so that the same input is cut in the same places. */
function pieces(input: Uint8Array): readonly Uint8Array[] {
  const cut: Uint8Array[] = []
  for (let at = 0, step = 1; at < input.byteLength; at += step) {
    step = 1 + (((input[at] ?? 0) * 7 + cut.length * 13) % 300)
    cut.push(input.subarray(at, at + step))
  }
  return cut
}

/** Whatever an engine sends arrives as it was sent, in plaintexts that fit a chunk and tell no length but in steps. */
function sealAndRead(input: Uint8Array): void {
  const sealer = new SseSealer({ status: 200, headers: [['content-type', 'text/event-stream']] })
  const plaintexts: Uint8Array[] = []
  pieces(input).forEach((piece, index) => {
    sealer.push(piece)
    if (index % 3 === 0) plaintexts.push(...(index % 6 === 0 ? sealer.tick() : sealer.take()))
  })
  plaintexts.push(...sealer.finish(() => [['bombyx-receipt', 'e30=']]))
  const reader = new BhttpResponseReader()
  const parts = plaintexts.flatMap((plaintext) => reader.push(plaintext))
  reader.end()
  for (const { byteLength } of plaintexts) {
    if (byteLength % 256 !== 0 || byteLength > 32_768) throw new Error(`a plaintext of ${byteLength} bytes`)
  }
  const read = Buffer.from(contentOf(parts)).toString('latin1')
  if (withoutComments(read) !== withoutComments(Buffer.from(input).toString('latin1'))) {
    throw new Error('the content is not what was pushed')
  }
}

function withoutComments(text: string): string {
  return text.replace(/(?<=^|\n)(?:: *\n)+/g, '')
}
