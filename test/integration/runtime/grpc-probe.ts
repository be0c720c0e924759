import type { ServerDuplexStream } from '@grpc/grpc-js'
import type { DirectoryClient, DirectoryHandlers } from '../../../proto/gen/bombyx/v1/Directory.ts'
import type { VerifierClient, VerifierHandlers } from '../../../proto/gen/bombyx/v1/Verifier.ts'
import { clientLink } from '../../../proto/link.ts'
import { bombyxV1, packageDefinition } from '../../../proto/load.ts'
import { ServiceError } from '../../../services/runtime/errors.ts'
import {
  bindService,
  type Call,
  duplex,
  type GrpcServer,
  type GrpcServerConfig,
  serverStream,
  startGrpcServer,
  unary
} from '../../../services/runtime/grpc.ts'
import { type CallLimits, callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import { createLogger } from '../../../services/runtime/log.ts'
import { createMetrics, type Metrics } from '../../../services/runtime/metrics.ts'

/** A server of real service definitions whose handlers do what a test says, with clients of it. */
export interface Probe extends AsyncDisposable {
  readonly server: GrpcServer
  readonly verifier: VerifierClient
  readonly directory: DirectoryClient
  readonly lines: string[]
  readonly metrics: Metrics
  appraise: (call: Call) => Promise<void> | void
  watch: (call: Call) => AsyncIterable<object>
  appraiseOnce(limits?: CallLimits): Promise<{ readonly collateral: Buffer }>
}

export async function startProbe(config: Partial<GrpcServerConfig> = {}): Promise<Probe> {
  const lines: string[] = []
  const metrics = createMetrics('test')
  const behaviour: Pick<Probe, 'appraise' | 'watch'> = { appraise: () => {}, watch: async function* () {} }
  const server = await startGrpcServer({
    listen: '127.0.0.1:0',
    reflection: packageDefinition,
    logger: createLogger('test', { level: 'debug', write: (line) => lines.push(line) }),
    metrics,
    graceMs: 300,
    services: probeServices(behaviour),
    ...config
  })
  const { port } = server
  const verifier = await connect(bombyxV1.Verifier, `127.0.0.1:${port}`)
  const directory = await connect(bombyxV1.Directory, `127.0.0.1:${port}`)
  return Object.assign(behaviour, {
    server,
    verifier,
    directory,
    lines,
    metrics,
    appraiseOnce: (limits?: CallLimits) => callUnary(verifier, 'Appraise', { bundle: Buffer.from('sesame') }, limits),
    async [Symbol.asyncDispose]() {
      verifier.close()
      directory.close()
      await server[Symbol.asyncDispose]()
    }
  })
}

function probeServices(behaviour: Pick<Probe, 'appraise' | 'watch'>) {
  return [
    bindService<VerifierHandlers>(bombyxV1.Verifier.service, {
      Appraise: unary(async (_request, call) => {
        await behaviour.appraise(call)
        return { collateral: Buffer.from('done') }
      }),
      GetCollateral: unary((request) => ({ collateral: request.fmspc })),
      GetKeys: unary(() => {
        throw new ServiceError('UNAVAILABLE', 'thrown before any promise')
      })
    }),
    bindService<DirectoryHandlers>(bombyxV1.Directory.service, {
      Watch: serverStream((_request, call) => behaviour.watch(call)),
      ListReferenceValues: unary(() => ({ values: [] }))
    }),
    bindService(clientLink, { Open: duplex(echo) })
  ]
}

async function echo(stream: ServerDuplexStream<Uint8Array, Uint8Array>, { signal }: Call): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve())
  stream.on('end', resolve).on('data', (frames) => stream.write(frames))
  await promise
  signal.throwIfAborted()
}
