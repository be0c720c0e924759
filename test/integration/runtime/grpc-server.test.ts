import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  makeGenericClientConstructor,
  type requestCallback,
  type ServiceDefinition
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { service as healthService } from 'grpc-health-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { BlobsHandlers } from '../../../proto/gen/bombyx/v1/Blobs.ts'
import { clientLink } from '../../../proto/link.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { bindService } from '../../../services/runtime/grpc.ts'
import { callStream, callUnary, connect, connectDuplex } from '../../../services/runtime/grpc-client.ts'
import { createTlsFiles, type TlsTestFiles } from '../../fakes/tls.ts'
import { type Probe, startProbe } from './grpc-probe.ts'

let folder: string
let tls: TlsTestFiles
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bombyx-tls-'))
  tls = await createTlsFiles(folder)
})
afterAll(() => rm(folder, { recursive: true }))

let probe: Probe
beforeEach(async () => {
  probe = await startProbe()
})
afterEach(() => probe[Symbol.asyncDispose]())

describe('a server', () => {
  it.each(['0.0.0.0:0', '[::]:0'])('does not listen on %s without TLS files', async (listen) => {
    await expect(startProbe({ listen })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('does not listen where another does', async () => {
    await expect(startProbe({ listen: probe.server.authority })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('serves others with TLS, to callers who trust its certificate', async () => {
    probe.appraise = () => {}
    await using open = await startProbe({ listen: '0.0.0.0:0', tls: { cert: tls.cert, key: tls.key } })
    const authority = `localhost:${open.server.port}`
    const trusting = await connect(bombyxV1.Verifier, authority, { tlsCa: tls.ca, token: 'right' })
    await expect(callUnary(trusting, 'Appraise', {})).resolves.toBeDefined()
    const plain = await connect(bombyxV1.Verifier, authority)
    await expect(callUnary(plain, 'Appraise', {}, { deadlineMs: 2000 })).rejects.toMatchObject({ kind: 'unavailable' })
    trusting.close()
    plain.close()
  })

  it('is dialled in plaintext on loopback only', async () => {
    const secure: boolean[] = []
    class Dialled {
      constructor(_address: string, channel: ReturnType<typeof credentials.createInsecure>) {
        secure.push(channel._isSecure())
      }
    }
    for (const authority of ['127.0.0.1:1', 'localhost:1', '10.0.0.1:1', 'relay.example:443']) {
      await connect(Dialled as never, authority)
    }
    expect(secure).toEqual([false, false, true, true])
  })

  it('lets a call in flight end when it stops, and takes no new one', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    probe.appraise = () => promise
    const inFlight = probe.appraiseOnce()
    await new Promise((wait) => setTimeout(wait, 50))
    const stopped = probe.server[Symbol.asyncDispose]()
    setTimeout(resolve, 50)
    await expect(inFlight).resolves.toEqual({ collateral: Buffer.from('done'), policy: Buffer.alloc(0), verdict: null })
    await stopped
    await expect(probe.appraiseOnce()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('cuts a call that outlives the grace', async () => {
    probe.appraise = () => new Promise(() => {})
    const endless = expect(probe.appraiseOnce()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await new Promise((wait) => setTimeout(wait, 50))
    await probe.server[Symbol.asyncDispose]()
    await endless
  })

  it('ends its standing calls at once when it stops', async () => {
    probe.watch = async function* () {
      yield { snapshotEnd: {} }
      await new Promise(() => {})
    }
    const watching = (async () => {
      for await (const _ of callStream(probe.directory, 'Watch', {}));
    })()
    using client = await connectDuplex<Uint8Array>(clientLink, probe.server.authority)
    const link = client.open()
    const linkEnded = new Promise<{ details: string }>((resolve) => link.on('status', resolve))
    link.on('error', () => {}).write(Uint8Array.of(1))
    await new Promise((resolve) => link.once('data', resolve))
    const startedAt = performance.now()
    await Promise.all([
      probe.server[Symbol.asyncDispose](),
      expect(watching).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    ])
    expect(await linkEnded).toMatchObject({ details: 'the server is stopping' })
    expect(performance.now() - startedAt).toBeLessThan(290)
  })

  it('without a handler for each method is a mistake of ours', async () => {
    const services = [bindService<BlobsHandlers>(bombyxV1.Blobs.service, {} as BlobsHandlers)]
    await expect(startProbe({ services })).rejects.toThrow(TypeError)
  })
})

describe('every server', () => {
  it.each(['', 'bombyx.v1.Verifier', 'bombyx.v1.ClientLink'])('tells the health of %j', async (name) => {
    expect(await checkHealth(name)).toBe('SERVING')
    probe.server.setServing(false)
    expect(await checkHealth(name)).toBe('NOT_SERVING')
  })

  it('tells by reflection which services it has', async () => {
    const names = await reflectServices()
    expect(names).toContain('bombyx.v1.Verifier')
    expect(names).toContain('bombyx.v1.ClientLink')
    expect(names).not.toContain('bombyx.v1.RegistryAdmin')
  })
})

async function checkHealth(service: string): Promise<string> {
  const Health = makeGenericClientConstructor(healthService as never, 'Health')
  const client = new Health(probe.server.authority, credentials.createInsecure())
  try {
    return await new Promise((resolve, reject) => {
      const callback: requestCallback<{ status: string }> = (error, answer) =>
        error ? reject(error) : resolve(answer!.status)
      ;(client['check'] as (...args: unknown[]) => void).call(client, { service }, new Metadata(), callback)
    })
  } finally {
    client.close()
  }
}

interface ReflectionClient extends Client {
  ServerReflectionInfo(): ClientDuplexStream<object, { listServicesResponse: { service: { name: string }[] } }>
}

async function reflectServices(): Promise<readonly string[]> {
  const folder = fileURLToPath(new URL('../../../node_modules/@grpc/reflection/build/proto/', import.meta.url))
  const definition = loadSync('grpc/reflection/v1/reflection.proto', { includeDirs: [folder] })
  const service = definition['grpc.reflection.v1.ServerReflection'] as ServiceDefinition
  const Reflection = makeGenericClientConstructor(service, 'ServerReflection')
  const client = new Reflection(probe.server.authority, credentials.createInsecure()) as unknown as ReflectionClient
  const stream = client.ServerReflectionInfo()
  const [answer] = (await Promise.all([once(stream, 'data'), stream.write({ listServices: '' })]))[0]
  stream.end()
  client.close()
  return (answer as { listServicesResponse: { service: { name: string }[] } }).listServicesResponse.service.map(
    ({ name }) => name
  )
}
