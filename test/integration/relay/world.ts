import { expect, vi } from 'vitest'
import { randomBytes } from '../../../attestation/crypto.ts'
import { DEFAULT_LIMITS, type RelayLimits } from '../../../services/relay/config.ts'
import { type RelayService, startRelay } from '../../../services/relay/start.ts'
import type { LogFields } from '../../../services/runtime/log.ts'
import { type FakeRegistry, startFakeRegistry } from '../../fakes/fake-registry.ts'
import { FakeClient } from '../../fakes/link-client.ts'
import { FakeHost, type FakeHostOptions } from '../../fakes/link-host.ts'

/** A relay over real gRPC, with a registry, hosts and clients that are not. */
export interface World extends AsyncDisposable {
  readonly registry: FakeRegistry
  readonly relay: RelayService
  readonly lines: (LogFields & { readonly message: string })[]
  /** A host that is listed, linked and answers hellos. */
  host(options?: FakeHostOptions): Promise<FakeHost>
  client(apiKey?: string): Promise<FakeClient>
  /** When the relay has said so in its log. */
  logged(message: string, fields?: LogFields): Promise<void>
}

export interface WorldOptions {
  readonly limits?: Partial<RelayLimits>
  readonly apiKeys?: string
  readonly now?: () => Date
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const stack = new AsyncDisposableStack()
  const registry = stack.use(await startFakeRegistry())
  const lines: World['lines'] = []
  const log = (message: string, fields: LogFields = {}): void => void lines.push({ message, ...fields })
  const config = {
    listen: '127.0.0.1:0',
    registry: registry.authority,
    market: registry.authority,
    dial: {},
    authorities: [],
    marketKeys: 'false' as const,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    ...(options.apiKeys === undefined ? {} : { apiKeys: options.apiKeys })
  }
  const logger = { debug: log, info: log, warn: log, error: log }
  const context = options.now === undefined ? { logger } : { logger, now: options.now }
  const relay = stack.use(await startRelay(config, context))
  const logged = async (message: string, fields: LogFields = {}): Promise<void> => {
    await vi.waitFor(() => expect(lines).toContainEqual(expect.objectContaining({ message, ...fields })), 5000)
  }
  await logged('directory read')
  return {
    registry,
    relay,
    lines,
    logged,
    async host(hostOptions = {}) {
      const host = stack.use(new FakeHost(hostOptions))
      registry.list(host.listing)
      await Promise.all([host.dial(relay.authority), host.serve(relay.authority)])
      await logged('host linked', { keysetDigest: hex(host) })
      await logged('host answers hellos', { host: Buffer.from(host.keyset.epoch).toString('hex') })
      return host
    },
    client: async (apiKey) => stack.use(await FakeClient.dial(relay.authority, apiKey)),
    [Symbol.asyncDispose]: () => stack.disposeAsync()
  }
}

export const hex = (host: FakeHost): string => Buffer.from(host.keyset.digest).toString('hex')
export const chunk = (length: number): Uint8Array => randomBytes(length)
