import { afterEach, expect, test } from 'vitest'
import { encodeHex } from '../../../attestation/encoding.ts'
import { encodeFramePayload } from '../../../attestation/session/frames.ts'
import { encodeMeta } from '../../../attestation/session/meta.ts'
import { DEFAULT_LIMITS } from '../../../services/relay/config.ts'
import { RelayCore } from '../../../services/relay/core.ts'
import type { KeyGrant } from '../../../services/relay/key-grant.ts'
import type { ListedHost } from '../../../services/relay/listed-host.ts'
import type { Link } from '../../../services/runtime/link/link.ts'
import type { LinkStream } from '../../../services/runtime/link/stream.ts'
import { systemTimers } from '../../../services/runtime/link/timers.ts'
import { silentLogger } from '../../../services/runtime/log.ts'
import { createMetrics } from '../../../services/runtime/metrics.ts'
import { FakeHost } from '../../fakes/link-host.ts'

const stack = new AsyncDisposableStack()
afterEach(() => stack.disposeAsync())

test("what a host brings of an earlier start counts for no key here: its disk is its provider's", async () => {
  const { core, parts, live, host, sessionId } = await relayWithSession()
  const heard: Uint8Array[] = []
  const spent: bigint[] = []
  const grant = { keyId: new Uint8Array(16), allows: () => true, start: () => undefined }
  const line = {
    keyName: 'k',
    grant: { ...grant, spend: (_: bigint, nanoton: bigint) => void spent.push(nanoton) } as unknown as KeyGrant,
    usage: (payload: Uint8Array) => void heard.push(payload)
  }
  core.switchboard.open(line, {} as LinkStream, openOf(sessionId, host))
  const statement = host.sign(1, { model: 'm', n: 0, sessionId })
  parts.hostLinks.left(live, { keyset: host.keyset.bytes, statements: [statement] }, () => {})
  expect([heard.length, spent.length]).toEqual([1, 0])
  parts.hostLinks.usage(live, encodeFramePayload({ kind: 'usage', stream: 0, seq: 1, statement }), () => {})
  expect([heard.length, spent.length]).toEqual([2, 1])
})

/** A relay with one host, and a session id. */
async function relayWithSession() {
  const host = stack.use(new FakeHost())
  const core = stack.use(
    new RelayCore(
      {
        ...{ limits: DEFAULT_LIMITS, authorities: new Set<string>() },
        watch: async function* (signal) {
          yield { kind: 'snapshot-end' }
          await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
        },
        store: async () => ({ progress: new Map(), refused: [] })
      },
      {
        ...{ now: () => new Date(1_000_000), monotonic: () => 0, timers: systemTimers, draw: () => 0 },
        ...{ logger: silentLogger, metrics: createMetrics('relay', { process: false }) }
      }
    )
  )
  const parts = core.parts(() => undefined)
  await new Promise((resolve) => setImmediate(resolve))
  const digest = encodeHex(host.keyset.digest)
  core.table.list({ digest, hostId: 'a', model: 'm', notAfter: 9999, keyset: host.keyset } as ListedHost)
  const live = core.table.find(digest)
  if (live === undefined) throw new TypeError('not listed')
  live.addLink({ drop: () => {} } as unknown as Link)
  return { core, parts, live, host, sessionId: new Uint8Array(16).fill(7) }
}

function openOf(sessionId: Uint8Array, { keyset }: FakeHost): Uint8Array {
  const limits = { deadline: 2000, inputSize: 1024, outputLimit: 0, cadenceMs: 0, maxPrice: 0n }
  const meta = encodeMeta({ sessionId, n: 0, stream: false, ...limits, affinity: new Uint8Array(8), model: 'm' })
  return encodeFramePayload({
    kind: 'open',
    stream: 1,
    meta,
    candidates: [{ digest: keyset.digest, wrap: new Uint8Array(48) }]
  })
}
