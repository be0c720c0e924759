import { encodeJcs, type JsonValue } from '../../attestation/jcs.ts'
import { FRAME } from '../../attestation/session/frame-header.ts'
import { encodeFramePayload, parseFramePayload } from '../../attestation/session/frames.ts'
import type { RawFrame, Tampering } from './hostile-relay.ts'

const isChunk = ({ type }: RawFrame): boolean => type === FRAME.data || type === FRAME.final

/** Counts the chunks of each stream, from 0. */
function counter(): (frame: RawFrame) => number {
  const seen = new Map<number, number>()
  return (frame) => {
    if (!isChunk(frame)) return -1
    const index = seen.get(frame.stream) ?? 0
    seen.set(frame.stream, index + 1)
    return index
  }
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice()
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}

/** The answer's chunk `index` never arrives. */
export function dropAnswerChunk(index: number): Tampering {
  const count = counter()
  return { down: (frame) => (count(frame) === index ? [] : [frame]) }
}

/** The answer's chunk `index` arrives twice. */
export function replayAnswerChunk(index: number): Tampering {
  const count = counter()
  return { down: (frame) => (count(frame) === index ? [frame, frame] : [frame]) }
}

/** The answer's first two chunks change places. */
export function reorderAnswer(): Tampering {
  const count = counter()
  let held: RawFrame | undefined
  return {
    down: (frame) => {
      const index = count(frame)
      if (index === 0 && frame.type === FRAME.data) {
        held = frame
        return []
      }
      const late = held
      held = undefined
      return late === undefined ? [frame] : [frame, late]
    }
  }
}

/** The answer ends after `chunks` chunks: the next passes for the final one. */
export function truncateAnswer(chunks: number): Tampering {
  const count = counter()
  return {
    down: (frame) => {
      const index = count(frame)
      if (index < chunks) return [frame]
      return index === chunks ? [{ ...frame, type: FRAME.final }] : []
    }
  }
}

/** The answer ends after `chunks` chunks with a RESET of this number. */
export function resetAnswer(chunks: number, code: number): Tampering {
  const count = counter()
  return {
    down: (frame) => {
      const index = count(frame)
      if (index < chunks) return [frame]
      return index === chunks ? [{ ...frame, type: FRAME.reset, payload: Uint8Array.of(code >>> 8, code) }] : []
    }
  }
}

/** One bit of the answer's chunk `index` is another. */
export function flipAnswer(index: number): Tampering {
  const count = counter()
  return { down: (frame) => (count(frame) === index ? [{ ...frame, payload: flip(frame.payload, 3) }] : [frame]) }
}

/** One bit of the request's chunk `index` is another. */
export function flipRequest(index: number): Tampering {
  const count = counter()
  return { up: (frame) => (count(frame) === index ? [{ ...frame, payload: flip(frame.payload, 3) }] : [frame]) }
}

/** The request's chunk `index` never arrives at the host. */
export function dropRequestChunk(index: number): Tampering {
  const count = counter()
  return { up: (frame) => (count(frame) === index ? [] : [frame]) }
}

/** One bit of meta is another: here of the output limit. */
export function changeMeta(): Tampering {
  return {
    up: (frame) => changeOpen(frame, ({ meta, candidates }) => ({ meta: flip(meta, 41), candidates }))
  }
}

/** Each host gets the wrap that is another's. */
export function swapWraps(): Tampering {
  return {
    up: (frame) =>
      changeOpen(frame, ({ meta, candidates }) => {
        const wraps = candidates.map(({ wrap }) => wrap)
        const turned = [...wraps.slice(1), ...wraps.slice(0, 1)]
        return { meta, candidates: candidates.map((one, n) => ({ ...one, wrap: turned[n] ?? one.wrap })) }
      })
  }
}

/** ACCEPT names a host other than the one that answers. */
export function swapAcceptedLeg(digest: () => Uint8Array): Tampering {
  return {
    down: (frame) => {
      if (frame.type !== FRAME.accept) return [frame]
      const payload = frame.payload.slice()
      payload.set(digest())
      return [{ ...frame, payload }]
    }
  }
}

/** ACCEPT comes twice. */
export function repeatAccept(): Tampering {
  return { down: (frame) => (frame.type === FRAME.accept ? [frame, frame] : [frame]) }
}

/** ACCEPT's salt is another. */
export function changeSalt(): Tampering {
  return { down: (frame) => (frame.type === FRAME.accept ? [{ ...frame, payload: flip(frame.payload, 40) }] : [frame]) }
}

/** The relay answers requests itself, with bytes of its own, and passes nothing on. */
export function answerItself(digest: () => Uint8Array): Tampering {
  return {
    up: (frame, reply) => {
      if (frame.type === FRAME.hello || frame.stream === 0) return [frame]
      if (frame.type !== FRAME.final) return []
      const accept = new Uint8Array(64)
      accept.set(digest())
      reply({ type: FRAME.accept, stream: frame.stream, payload: accept })
      reply({ type: FRAME.final, stream: frame.stream, payload: new Uint8Array(272) })
      return []
    }
  }
}

/** An answer that was given before is given again for the next request. */
export function replayAnswer(): Tampering {
  let recorded: RawFrame[] = []
  let complete = false
  return {
    down: (frame) => {
      if (frame.stream === 0) return [frame]
      if (!complete) {
        if (frame.type === FRAME.accept || isChunk(frame)) recorded.push(frame)
        complete = frame.type === FRAME.final
        return [frame]
      }
      const again = recorded.map((old) => ({ ...old, stream: frame.stream }))
      recorded = []
      return again
    }
  }
}

/** The hello offers another KEM than the client's. */
export function downgradeKem(): Tampering {
  return {
    hello: (message) => {
      const hello = Uint8Array.from(message.hello as Uint8Array)
      // DHKEM(X25519, HKDF-SHA256) in place of X-Wing.
      hello.set([0x00, 0x20], 1)
      return { ...message, hello }
    }
  }
}

/** The hello offers another AEAD than the client's: AES-256-GCM in place of ChaCha20-Poly1305. */
export function downgradeAead(): Tampering {
  return {
    hello: (message) => {
      const hello = Uint8Array.from(message.hello as Uint8Array)
      hello.set([0x00, 0x02], 3)
      return { ...message, hello }
    }
  }
}

/** Each host is found with the collateral of another platform. */
export function swapCollateral(): Tampering {
  return {
    hosts: ({ hosts }) => {
      const digests = hosts.map(({ collateralDigest }) => collateralDigest)
      const turned = [...digests.slice(1), ...digests.slice(0, 1)]
      return { hosts: hosts.map((host, at) => ({ ...host, collateralDigest: turned[at] ?? host.collateralDigest })) }
    }
  }
}

/** Every host is found with the evidence of the first. */
export function shareEvidence(): Tampering {
  return {
    hosts: ({ hosts }) => {
      const { bundleDigest, collateralDigest } = hosts[0] ?? {}
      return {
        hosts: hosts.map((host) => ({
          ...host,
          bundleDigest: bundleDigest ?? host.bundleDigest,
          collateralDigest: collateralDigest ?? host.collateralDigest
        }))
      }
    }
  }
}

/** The usage statement claims more tokens than the host signed for. */
export function forgeUsage(): Tampering {
  return {
    down: (frame) => {
      if (frame.type !== FRAME.usage) return [frame]
      const usage = parseFramePayload(FRAME.usage, 0, frame.payload)
      if (usage.kind !== 'usage') return [frame]
      const fields = JSON.parse(Buffer.from(usage.statement).toString()) as { [member: string]: JsonValue }
      const statement = encodeJcs({ ...fields, completion_tokens: 1_000_000 })
      return [{ ...frame, payload: encodeFramePayload({ ...usage, statement }) }]
    }
  }
}

/** One bit of the hello's key, or of an answer's, is another. */
export function changeHello(): Tampering {
  return {
    hello: (message) => {
      const hello = Uint8Array.from(message.hello as Uint8Array)
      return { ...message, hello: flip(hello, hello.byteLength - 9) }
    }
  }
}

export function changeAccept(): Tampering {
  return {
    answer: (event) => {
      if (event.accept == null) return [event]
      const accept = flip(Uint8Array.from(event.accept.accept), 60)
      return [{ ...event, accept: { ...event.accept, accept: Buffer.from(accept) } }]
    }
  }
}

/** A bundle or collateral is not what its digest says. */
export function changeBlobs(): Tampering {
  return { blob: (content) => flip(Uint8Array.from(content), 10) }
}

function changeOpen(frame: RawFrame, change: (open: OpenFields) => OpenFields): readonly RawFrame[] {
  if (frame.type !== FRAME.open) return [frame]
  const open = parseFramePayload(FRAME.open, frame.stream, frame.payload)
  if (open.kind !== 'open') return [frame]
  const { meta, candidates } = change(open)
  return [{ ...frame, payload: encodeFramePayload({ kind: 'open', stream: frame.stream, meta, candidates }) }]
}

interface OpenFields {
  readonly meta: Uint8Array
  readonly candidates: readonly { readonly digest: Uint8Array; readonly wrap: Uint8Array }[]
}
