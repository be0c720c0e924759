import { sha256, signEd25519 } from '../../../attestation/crypto.ts'
import { concatBytes, encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import type { ChallengeResponse__Output } from '../../../proto/gen/bombyx/v1/ChallengeResponse.ts'
import type { Declaration } from '../../../proto/gen/bombyx/v1/Declaration.ts'
import type { DirectoryClient } from '../../../proto/gen/bombyx/v1/Directory.ts'
import type { DirectoryEvent__Output } from '../../../proto/gen/bombyx/v1/DirectoryEvent.ts'
import type { EnrolResponse__Output } from '../../../proto/gen/bombyx/v1/EnrolResponse.ts'
import type { RegistryClient } from '../../../proto/gen/bombyx/v1/Registry.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import type { RegistryConfig } from '../../../services/registry/config.ts'
import { startRegistry } from '../../../services/registry/start.ts'
import { callStream, callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import { createTestDatabase } from '../../fakes/database.ts'
import type { Guest } from '../../fakes/guest.ts'
import { type FakeVerifier, startAcceptingVerifier } from '../../fakes/verifier.ts'

export const DECLARATION: Declaration = {
  prices: { prompt: 100, cached: 10, completion: 400, reasoning: 400 },
  region: 'eu',
  slots: 8
}

export type Network = Awaited<ReturnType<typeof startNetwork>>
export type Replica = Awaited<ReturnType<typeof startReplica>>

/** A verifier that accepts, a fresh database and one replica of the registry. */
export async function startNetwork(options: NetworkOptions = {}) {
  await using stack = new AsyncDisposableStack()
  const databaseUrl = options.databaseUrl ?? (await createTestDatabase())
  const verifier = stack.use(await startAcceptingVerifier())
  const network = { ...options, databaseUrl, verifier }
  const replica = stack.use(await startReplica(network))
  const started = stack.move()
  return { ...network, ...replica, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

export interface NetworkOptions extends Pick<RegistryConfig, 'log' | 'chain'> {
  readonly databaseUrl?: string
  readonly now?: () => Date
}

export async function startReplica(
  network: NetworkOptions & { readonly databaseUrl: string; readonly verifier: FakeVerifier }
) {
  await using stack = new AsyncDisposableStack()
  const config = {
    listen: '127.0.0.1:0',
    database: { url: network.databaseUrl },
    verifier: network.verifier.authority,
    dial: {},
    logWaitMs: 1000,
    ...(network.log === undefined ? {} : { log: network.log }),
    ...(network.chain === undefined ? {} : { chain: network.chain }),
    attestIntervalMs: 600_000
  }
  const context = network.now === undefined ? {} : { now: network.now }
  const { authority } = stack.use(await startRegistry(config, context))
  const admin = await connect(bombyxV1.RegistryAdmin, authority)
  const directory = await connect(bombyxV1.Directory, authority)
  const blobs = await connect(bombyxV1.Blobs, authority)
  for (const client of [admin, directory, blobs]) stack.defer(() => client.close())
  const started = stack.move()
  return { authority, admin, directory, blobs, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

/** A new provider's client of Registry. */
export async function enrolProvider({ admin, authority }: Replica, name: string): Promise<RegistryClient> {
  const { enrolmentToken } = await callUnary(admin, 'CreateProvider', { name })
  return connect(bombyxV1.Registry, authority, { token: enrolmentToken })
}

/** One attestation: challenge, evidence, verdict. */
export async function attest(
  registry: RegistryClient,
  guest: Guest,
  payee: Buffer = Buffer.alloc(0)
): Promise<EnrolResponse__Output> {
  const challenge = await callUnary(registry, 'Challenge', {})
  const declaration = { ...DECLARATION, payee }
  return callUnary(registry, 'Enrol', { bundle: quoteFor(guest, challenge), declaration })
}

export function quoteFor(guest: Guest, challenge: ChallengeResponse__Output): Uint8Array {
  return guest.quote(challenge)
}

export function withdrawal(guest: Guest, key = guest.sessionKey): { keysetDigest: Uint8Array; signature: Uint8Array } {
  const keysetDigest = guest.keyset.digest
  return { keysetDigest, signature: signEd25519(key, concatBytes(encodeUtf8('bombyx/withdraw/v1'), keysetDigest)) }
}

/** Follows Directory.Watch: every event as one short line, and what is listed by keyset digest. */
export class Watcher implements AsyncDisposable {
  readonly lines: string[] = []
  readonly listed = new Set<string>()
  readonly #controller = new AbortController()
  readonly #over: Promise<void>
  readonly #names: ReadonlyMap<string, string>

  constructor(directory: DirectoryClient, guests: Readonly<Record<string, Guest>> = {}) {
    this.#names = new Map(Object.entries(guests).map(([name, { keyset }]) => [encodeHex(keyset.digest), name]))
    this.#over = this.#follow(directory)
  }

  async #follow(directory: DirectoryClient): Promise<void> {
    try {
      for await (const event of callStream(directory, 'Watch', {}, { signal: this.#controller.signal }))
        this.#take(event)
    } catch (error) {
      this.lines.push(`ended ${String((error as { code?: string }).code)}`)
    }
  }

  #take(event: DirectoryEvent__Output): void {
    if (event.event === 'snapshotEnd') this.lines.push('snapshot end')
    if (event.event === 'listed') {
      const name = this.#nameOf(sha256(event.listed!.keyset))
      this.listed.add(name)
      this.lines.push(`listed ${name}`)
    }
    if (event.event === 'delisted') {
      const name = this.#nameOf(event.delisted!.keysetDigest)
      this.listed.delete(name)
      this.lines.push(`delisted ${name} ${event.delisted!.reason}`)
    }
  }

  #nameOf(digest: Uint8Array): string {
    return this.#names.get(encodeHex(digest)) ?? encodeHex(digest)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort()
    await this.#over
  }
}
