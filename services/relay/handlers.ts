import type { UntypedServiceImplementation } from '@grpc/grpc-js'
import type { BlobsHandlers } from '../../proto/gen/bombyx/v1/Blobs.ts'
import type { FindStatementsRequest } from '../../proto/gen/bombyx/v1/FindStatementsRequest.ts'
import type { FindStatementsResponse } from '../../proto/gen/bombyx/v1/FindStatementsResponse.ts'
import type { HostSessionHandlers } from '../../proto/gen/bombyx/v1/HostSession.ts'
import type { ListVouchersRequest } from '../../proto/gen/bombyx/v1/ListVouchersRequest.ts'
import type { ListVouchersResponse } from '../../proto/gen/bombyx/v1/ListVouchersResponse.ts'
import type { PaymentsHandlers } from '../../proto/gen/bombyx/v1/Payments.ts'
import type { RelayHandlers } from '../../proto/gen/bombyx/v1/Relay.ts'
import { clientLink, hostLink } from '../../proto/link.ts'
import { bombyxV1 } from '../../proto/load.ts'
import { ServiceError } from '../runtime/errors.ts'
import { bindService, duplex, type ServiceBinding, serverStream, unary } from '../runtime/grpc.ts'
import { callChannel } from '../runtime/link/channel.ts'
import type { BlobCache } from './blob-cache.ts'
import { acceptClientLink, type ClientLinksContext } from './client-links.ts'
import type { DirectoryWatch } from './directory.ts'
import type { HelloBudget } from './hello-budget.ts'
import { acceptHostLink, type HostLinksContext } from './host-links.ts'
import type { HostTable } from './host-table.ts'
import type { Admit, KeyGrant } from './key-grant.ts'
import type { LogProofs } from './log-proofs.ts'
import { openSession } from './open-session.ts'
import type { VoucherCarrier } from './payments.ts'
import { type Draw, type HostIndex, type LegsWish, planLegs } from './plan.ts'
import { type ServeContext, serveHost } from './serve-host.ts'
import {
  type HostMessage,
  type ReferenceValueMessage,
  readGift,
  readHello,
  readReceiptNames,
  readVoucherQuestion,
  readWish,
  writeHelloAnswer
} from './wire.ts'

export interface RelayParts {
  readonly table: HostTable
  readonly directory: DirectoryWatch
  readonly blobs: BlobCache
  /** Undefined where this relay knows no log. */
  readonly log: RelayLog | undefined
  /** The registry's answer, a few seconds old at most. */
  readonly listReferenceValues: () => Promise<readonly ReferenceValueMessage[]>
  readonly admit: Admit
  readonly draw: Draw
  /** Unix seconds. */
  readonly now: () => number
  readonly hellos: HelloBudget
  readonly vouchers: VoucherCarrier
  readonly knownVouchers: (escrow: Uint8Array) => Promise<readonly Uint8Array[] | undefined>
  readonly market: RelayMarket
  readonly hostLinks: HostLinksContext & ServeContext
  readonly clientLinks: ClientLinksContext
}

/** What the market is asked on behalf of consumers, who check its answers. */
export interface RelayMarket {
  readonly listVouchers: (request: ListVouchersRequest) => Promise<ListVouchersResponse>
  readonly findStatements: (request: FindStatementsRequest) => Promise<FindStatementsResponse>
}

/** What the log is asked on behalf of clients, who check its answers. */
export interface RelayLog {
  readonly proofs: LogProofs
  readonly getConsistency: (oldSize: string, newSize: string) => Promise<readonly Uint8Array[]>
}

export function bindRelay(parts: RelayParts): readonly ServiceBinding[] {
  return [
    bindService<RelayHandlers>(bombyxV1.Relay.service, relayHandlers(parts)),
    bindService<PaymentsHandlers>(bombyxV1.Payments.service, {
      GiveVoucher: unary((request, call) => {
        parts.admit(call.bearer)
        return parts.vouchers.give(readGift(request))
      }),
      ListVouchers: unary((request, call) => {
        parts.admit(call.bearer)
        return parts.market.listVouchers(readVoucherQuestion(request))
      }),
      FindStatements: unary((request, call) => {
        parts.admit(call.bearer)
        return parts.market.findStatements(readReceiptNames(request))
      })
    }),
    bindService<BlobsHandlers>(bombyxV1.Blobs.service, {
      GetBlob: unary(async ({ digest }, call) => {
        parts.admit(call.bearer)
        return { content: await parts.blobs.get(digest) }
      })
    }),
    bindService<HostSessionHandlers>(bombyxV1.HostSession.service, {
      Serve: duplex((stream, call) => serveHost(stream, call.signal, parts.hostLinks))
    }),
    bindService(hostLink, linkHandlers(parts, 'host')),
    bindService(clientLink, linkHandlers(parts, 'client'))
  ]
}

function relayHandlers(parts: RelayParts): RelayHandlers {
  const { table, directory, admit, hellos, log } = parts
  return {
    FindHosts: unary(async (request, call) => {
      const grant = admit(call.bearer)
      requireCurrent(directory)
      return { hosts: await withProofs(findHosts(readWish(request), parts, grant), log) }
    }),
    ListModels: unary((_request, call) => {
      admit(call.bearer)
      requireCurrent(directory)
      return { models: [...table.models()] }
    }),
    ListReferenceValues: unary(async (_request, call) => {
      admit(call.bearer)
      return { values: [...(await parts.listReferenceValues())] }
    }),
    GetLogConsistency: unary(async ({ oldSize, newSize }, call) => {
      admit(call.bearer)
      if (log === undefined) throw new ServiceError('NOT_FOUND', 'this relay knows no log')
      return { hashes: [...(await log.getConsistency(oldSize, newSize))] }
    }),
    OpenSession: serverStream(async function* (request, call) {
      const grant = admit(call.bearer)
      requireCurrent(directory)
      hellos.spend(grant?.name ?? call.peer)
      const wait = { timers: parts.hostLinks.timers, signal: call.signal, knownVouchers: parts.knownVouchers }
      for await (const answer of openSession(readHello(request), table, wait)) yield writeHelloAnswer(answer)
    })
  }
}

function linkHandlers(parts: RelayParts, side: 'host' | 'client'): UntypedServiceImplementation {
  return {
    Open: duplex<Uint8Array, Uint8Array>((stream, { signal }) => {
      const channel = callChannel(stream)
      if (side === 'client') return acceptClientLink(channel, { signal }, parts.clientLinks)
      return acceptHostLink(channel, { authority: stream.getHost(), signal }, parts.hostLinks)
    })
  }
}

function findHosts(
  wish: LegsWish,
  { table, now, draw }: RelayParts,
  grant: KeyGrant | undefined
): readonly HostMessage[] {
  if (grant?.serves(wish.model) === false) throw new ServiceError('FORBIDDEN', `this key is not for ${wish.model}`)
  const legs = planLegs(grant === undefined ? table : allowed(table, grant), wish, now(), draw)
  const messages = legs.flatMap(({ digest }) => table.find(digest)?.listed.message ?? [])
  if (messages.length > 0) return messages
  if (!table.models().includes(wish.model)) throw new ServiceError('NOT_FOUND', `no host serves ${wish.model}`)
  if (table.available(wish.model).length > 0) throw new ServiceError('NOT_FOUND', 'no host has what is asked for')
  throw new ServiceError('NO_CAPACITY', `every host of ${wish.model} is full`)
}

/** The hosts of which enough is proven for a key. */
function allowed(table: HostTable, grant: KeyGrant): HostIndex {
  return grant.allows(0)
    ? table
    : {
        available: (model) => table.available(model).filter(({ listed }) => grant.allows(listed.assurance)),
        find: (digest) => {
          const host = table.find(digest)
          return host !== undefined && grant.allows(host.listed.assurance) ? host : undefined
        }
      }
}

/** A host whose leaf cannot be proven now is named all the same: whether that is enough is the client's rule. */
function withProofs(hosts: readonly HostMessage[], log: RelayLog | undefined): Promise<HostMessage[]> {
  return Promise.all(
    hosts.map(async (host) => {
      if (log === undefined || host.logIndex === undefined) return host
      const logProof = await log.proofs.get(BigInt(host.logIndex))
      return logProof === undefined ? host : { ...host, logProof: Buffer.from(logProof) }
    })
  )
}

function requireCurrent(directory: DirectoryWatch): void {
  if (!directory.current) throw new ServiceError('UNAVAILABLE', 'the directory of hosts cannot be reached')
}
