import type { BlobsHandlers } from '../../proto/gen/bombyx/v1/Blobs.ts'
import type { DirectoryHandlers } from '../../proto/gen/bombyx/v1/Directory.ts'
import type { RegistryHandlers } from '../../proto/gen/bombyx/v1/Registry.ts'
import type { RegistryAdminHandlers } from '../../proto/gen/bombyx/v1/RegistryAdmin.ts'
import { bombyxV1 } from '../../proto/load.ts'
import { ServiceError } from '../runtime/errors.ts'
import { authorise, bindService, type Call, type ServiceBinding, serverStream, unary } from '../runtime/grpc.ts'
import { hashToken, type TokenList } from '../runtime/tokens.ts'
import type { Directory } from './directory.ts'
import { createChallenge, type EnrolmentContext, enrol } from './enrolment.ts'
import { createProvider, liftQuarantine, quarantineHost, readHost } from './operator.ts'
import { addReferenceValue, type ReferenceValueContext } from './reference-values.ts'
import type { Provider } from './store.ts'
import {
  challengeToWire,
  digestFromWire,
  enrolmentFromWire,
  enrolmentToWire,
  eventToWire,
  hostIdFromWire,
  recordToWire,
  referenceValueToWire,
  withdrawalFromWire
} from './wire.ts'
import { withdraw } from './withdrawal.ts'

export interface RegistryHandlerContext extends EnrolmentContext, ReferenceValueContext {
  readonly directory: Directory
  /** Of the operator; undefined: anybody who can reach the address, which is then loopback. */
  readonly operatorTokens: TokenList | undefined
}

export function registryServices(context: RegistryHandlerContext): readonly ServiceBinding[] {
  return [
    bindService<RegistryHandlers>(bombyxV1.Registry.service, registryHandlers(context)),
    bindService<DirectoryHandlers>(bombyxV1.Directory.service, directoryHandlers(context)),
    bindService<RegistryAdminHandlers>(bombyxV1.RegistryAdmin.service, operatorHandlers(context)),
    bindService<BlobsHandlers>(bombyxV1.Blobs.service, blobHandlers(context))
  ]
}

function registryHandlers(context: RegistryHandlerContext): RegistryHandlers {
  return {
    Challenge: unary(async (_request, call) => {
      const provider = await authoriseProvider(call, context)
      return challengeToWire(await createChallenge(provider, context))
    }),
    Enrol: unary(async (request, call) => {
      const provider = await authoriseProvider(call, context)
      return enrolmentToWire(await enrol(provider, enrolmentFromWire(request), context))
    }),
    Withdraw: unary(async (request, call) => {
      const provider = await authoriseProvider(call, context)
      await withdraw(provider, withdrawalFromWire(request), context)
      return {}
    }),
    Identify: unary(async (_request, call) => ({ provider: (await authoriseProvider(call, context)).name }))
  }
}

function directoryHandlers({ directory, referenceValues }: RegistryHandlerContext): DirectoryHandlers {
  return {
    ListReferenceValues: unary(async () => ({ values: (await referenceValues.list()).map(referenceValueToWire) })),
    Watch: serverStream(async function* (_request, call) {
      for await (const event of directory.watch(call.signal)) yield eventToWire(event)
    })
  }
}

function operatorHandlers(context: RegistryHandlerContext): RegistryAdminHandlers {
  const { operatorTokens, store, now } = context
  return {
    CreateProvider: unary(async (request, call) => {
      authorise(operatorTokens, call)
      return { enrolmentToken: await createProvider(request.name, context) }
    }),
    ListHosts: unary(async (_request, call) => {
      authorise(operatorTokens, call)
      return { hosts: (await store.listHosts()).map((host) => recordToWire(host, now())) }
    }),
    GetHost: unary(async (request, call) => {
      authorise(operatorTokens, call)
      return recordToWire(await readHost(hostIdFromWire(request.hostId), context), now())
    }),
    QuarantineHost: unary(async (request, call) => {
      authorise(operatorTokens, call)
      return recordToWire(await quarantineHost(hostIdFromWire(request.hostId), request.reason, context), now())
    }),
    LiftQuarantine: unary(async (request, call) => {
      authorise(operatorTokens, call)
      return recordToWire(await liftQuarantine(hostIdFromWire(request.hostId), context), now())
    }),
    AddReferenceValue: unary(async (request, call) => {
      authorise(operatorTokens, call)
      return { leafHash: Buffer.from(await addReferenceValue(request.leaf, context)) }
    })
  }
}

function blobHandlers({ store }: RegistryHandlerContext): BlobsHandlers {
  return {
    GetBlob: unary(async (request) => {
      const content = await store.findBlob(digestFromWire(request.digest))
      if (content === undefined) throw new ServiceError('NOT_FOUND', 'no blob of that digest is held here')
      return { content }
    })
  }
}

async function authoriseProvider(call: Call, { store }: RegistryHandlerContext): Promise<Provider> {
  const provider = call.bearer === undefined ? undefined : await store.findProvider(hashToken(call.bearer))
  if (provider === undefined) throw new ServiceError('UNAUTHENTICATED', "a provider's enrolment token is wanted")
  return provider
}
