import { sha256 } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import { parseUsage } from '../../attestation/receipt/usage.ts'
import type { BlobsHandlers } from '../../proto/gen/bombyx/v1/Blobs.ts'
import type { DirectoryHandlers } from '../../proto/gen/bombyx/v1/Directory.ts'
import type { DirectoryEvent } from '../../proto/gen/bombyx/v1/DirectoryEvent.ts'
import type { Host } from '../../proto/gen/bombyx/v1/Host.ts'
import type { MeteringHandlers } from '../../proto/gen/bombyx/v1/Metering.ts'
import type { StoreUsageRequest__Output } from '../../proto/gen/bombyx/v1/StoreUsageRequest.ts'
import type { StoreUsageResponse } from '../../proto/gen/bombyx/v1/StoreUsageResponse.ts'
import { bombyxV1, packageDefinition } from '../../proto/load.ts'
import { ServiceError } from '../../services/runtime/errors.ts'
import { bindService, serverStream, startGrpcServer, unary } from '../../services/runtime/grpc.ts'

/** What a relay has around it, on one port: a directory and blobs that a test fills, and a market that stores nothing. */
export interface FakeRegistry extends AsyncDisposable {
  readonly authority: string
  readonly blobs: Map<string, Uint8Array>
  /** How often each blob was asked for. */
  readonly asked: Map<string, number>
  /** Statements in the order they came, again when they came again. */
  readonly stored: Uint8Array[]
  list(host: Host): void
  delist(keysetDigest: Uint8Array, reason: string): void
  /** Forgets a host without telling: the next snapshot lacks it. */
  forget(keysetDigest: Uint8Array): void
  put(content: Uint8Array): Uint8Array
  /** Ends every Watch, and refuses new ones until called with false. */
  down(isDown: boolean): void
  refuseUsage(refuse: boolean): void
}

type Push = (event: DirectoryEvent | 'end') => void

export async function startFakeRegistry(): Promise<FakeRegistry> {
  const hosts = new Map<string, Host>()
  const watchers = new Set<Push>()
  const blobs = new Map<string, Uint8Array>()
  const asked = new Map<string, number>()
  const stored: Uint8Array[] = []
  let isDown = false
  let refusesUsage = false
  const tell: Push = (event) => {
    for (const push of [...watchers]) push(event)
  }
  const directory: DirectoryHandlers = {
    ListReferenceValues: unary(() => ({ values: [] })),
    Watch: serverStream(async function* (_request, call) {
      if (isDown) throw new ServiceError('UNAVAILABLE', 'down')
      const line: (DirectoryEvent | 'end')[] = []
      let wake = (): void => {}
      const push: Push = (event) => {
        line.push(event)
        wake()
      }
      watchers.add(push)
      call.signal.addEventListener('abort', () => push('end'))
      try {
        for (const listed of hosts.values()) yield { listed }
        yield { snapshotEnd: {} }
        for (;;) {
          const event = line.shift()
          if (event === 'end') return
          if (event !== undefined) yield event
          else
            await new Promise<void>((resolve) => {
              wake = resolve
            })
        }
      } finally {
        watchers.delete(push)
      }
    })
  }
  const content: BlobsHandlers = {
    GetBlob: unary(({ digest }) => {
      const key = encodeHex(digest)
      asked.set(key, (asked.get(key) ?? 0) + 1)
      const found = blobs.get(key)
      if (found === undefined) throw new ServiceError('NOT_FOUND', 'no such blob')
      return { content: found }
    })
  }
  const metering: MeteringHandlers = {
    StoreUsage: unary((request) => {
      if (refusesUsage) throw new ServiceError('UNAVAILABLE', 'the market is away')
      return store(request, stored)
    }),
    FindStatements: unary(() => ({ statements: [] }))
  }
  const server = await startGrpcServer({
    listen: '127.0.0.1:0',
    reflection: packageDefinition,
    services: [
      bindService<DirectoryHandlers>(bombyxV1.Directory.service, directory),
      bindService<BlobsHandlers>(bombyxV1.Blobs.service, content),
      bindService<MeteringHandlers>(bombyxV1.Metering.service, metering)
    ]
  })
  return {
    authority: server.authority,
    blobs,
    asked,
    stored,
    list(listed) {
      hosts.set(encodeHex(sha256(listed.keyset as Uint8Array)), listed)
      tell({ listed })
    },
    delist(keysetDigest, reason) {
      hosts.delete(encodeHex(keysetDigest))
      tell({ delisted: { keysetDigest, reason } })
    },
    forget: (keysetDigest) => void hosts.delete(encodeHex(keysetDigest)),
    put(bytes) {
      const digest = sha256(bytes)
      blobs.set(encodeHex(digest), bytes)
      return digest
    },
    down(value) {
      isDown = value
      if (value) tell('end')
    },
    refuseUsage: (refuse) => {
      refusesUsage = refuse
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]()
  }
}

// As the market does: once each, and how far each epoch goes without a gap.
function store({ statements }: StoreUsageRequest__Output, stored: Uint8Array[]): StoreUsageResponse {
  for (const { statement } of statements) stored.push(new Uint8Array(statement))
  const seen = new Map<string, { readonly epoch: Uint8Array; readonly seqs: Set<number> }>()
  for (const { epoch, seq } of stored.map((bytes) => parseUsage(bytes))) {
    const one = seen.get(encodeHex(epoch)) ?? { epoch, seqs: new Set<number>() }
    one.seqs.add(seq)
    seen.set(encodeHex(epoch), one)
  }
  const progress = [...seen.values()].map(({ epoch, seqs }) => {
    let storedUpTo = 0
    while (seqs.has(storedUpTo + 1)) storedUpTo++
    return { epoch, storedUpTo: String(storedUpTo) }
  })
  return { progress, refused: [] }
}
