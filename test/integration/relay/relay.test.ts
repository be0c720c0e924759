import { describe, expect, test, vi } from 'vitest'
import { randomBytes } from '../../../attestation/crypto.ts'
import { DEFAULT_LIMITS, type RelayLimits } from '../../../services/relay/config.ts'
import { type RelayService, startRelay } from '../../../services/relay/start.ts'
import type { LogFields } from '../../../services/runtime/log.ts'
import { type FakeRegistry, startFakeRegistry } from '../../fakes/fake-registry.ts'
import { FakeClient } from '../../fakes/link-client.ts'
import { FakeHost, type FakeHostOptions } from '../../fakes/link-host.ts'

interface World extends AsyncDisposable {
  readonly registry: FakeRegistry
  readonly relay: RelayService
  readonly lines: (LogFields & { readonly message: string })[]
  host(options?: FakeHostOptions): Promise<FakeHost>
  client(): Promise<FakeClient>
}

async function world(limits: Partial<RelayLimits> = {}): Promise<World> {
  const stack = new AsyncDisposableStack()
  const registry = stack.use(await startFakeRegistry())
  const lines: World['lines'] = []
  const log = (message: string, fields: LogFields = {}): void => void lines.push({ message, ...fields })
  const relay = stack.use(
    await startRelay(
      {
        listen: '127.0.0.1:0',
        registry: registry.authority,
        market: registry.authority,
        dial: {},
        authorities: [],
        limits: { ...DEFAULT_LIMITS, ...limits }
      },
      { logger: { debug: log, info: log, warn: log, error: log } }
    )
  )
  return {
    registry,
    relay,
    lines,
    async host(options = {}) {
      const host = stack.use(new FakeHost(options))
      registry.list(host.listing)
      await host.dial(relay.authority)
      await vi.waitFor(() =>
        expect(
          lines.filter(({ message, keysetDigest }) => message === 'host linked' && keysetDigest === hex(host)).length
        ).toBe(1)
      )
      return host
    },
    client: async () => stack.use(await FakeClient.dial(relay.authority)),
    [Symbol.asyncDispose]: () => stack.disposeAsync()
  }
}

const hex = (host: FakeHost): string => Buffer.from(host.keyset.digest).toString('hex')
const chunk = (length: number): Uint8Array => randomBytes(length)

describe('a relay switches', () => {
  test('a request to one of the hosts it names, and the answer back', async () => {
    await using w = await world()
    const [one, two] = [await w.host(), await w.host()]
    const client = await w.client()
    const question = [chunk(32_784), chunk(1000), chunk(32_784), chunk(32_784), chunk(300)]
    const request = client.ask([one.keyset.digest, two.keyset.digest], question)
    expect(await request.outcome).toBe('complete')
    expect(request.chunks).toEqual(question)
    const served = [one, two].filter(({ requests }) => requests.length === 1)
    expect(served.length).toBe(1)
    expect(served[0]?.requests[0]?.digests).toEqual([served[0]?.keyset.digest])
    expect(request.accepts[0]?.subarray(0, 32)).toEqual(served[0]?.keyset.digest)
    const line = w.lines.find(({ message }) => message === 'request finished')
    const size = question.reduce((total, { byteLength }) => total + byteLength, 0)
    expect(line).toMatchObject({ code: 'COMPLETE', model: 'm', bytesIn: size, bytesOut: size })
  })
})
