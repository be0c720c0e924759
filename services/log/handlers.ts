import type { LogHandlers } from '../../proto/gen/bombyx/v1/Log.ts'
import { bombyxV1 } from '../../proto/load.ts'
import { ServiceError } from '../runtime/errors.ts'
import { authorise, bindService, type Call, type ServiceBinding, unary } from '../runtime/grpc.ts'
import type { TokenList } from '../runtime/tokens.ts'
import type { LogAnchoring } from './anchor/start.ts'
import { append } from './append.ts'
import type { Heads } from './heads.ts'
import type { Prover } from './prover.ts'
import type { LogStore } from './store.ts'
import { anchorToWire, deliveryFromWire, digestFromWire, leafNameFromWire, sizesFromWire } from './wire.ts'

export interface LogHandlerContext {
  readonly store: LogStore
  readonly heads: Heads
  readonly prover: Prover
  readonly anchor: LogAnchoring | undefined
  /** Of the writers; undefined: anybody who can reach the address, which is then loopback. */
  readonly tokens: TokenList | undefined
}

export function logServices(context: LogHandlerContext): readonly ServiceBinding[] {
  const { store, heads, prover, anchor, tokens } = context
  const handlers: LogHandlers = {
    Append: unary(async (request, call) => {
      const delivery = deliveryFromWire(request)
      authoriseWriter(tokens, call, delivery.writer)
      const indices = await append(delivery, context, call.signal)
      return { indices: indices.map(String) }
    }),
    GetProof: unary(async (request) => {
      const [name, head] = [leafNameFromWire(request), heads.newest()]
      const index = name.kind === 'index' ? name.index : await prover.findLeaf(name.hash, head.size)
      if (index === undefined) throw new ServiceError('NOT_FOUND', 'no signed checkpoint has this leaf')
      return { proof: await prover.proveLeaf(index, head) }
    }),
    GetConsistency: unary(async ({ oldSize, newSize }) => {
      const head = heads.newest()
      const hashes = await prover.proveConsistency(...sizesFromWire(oldSize, newSize, head.size))
      return { hashes: [...hashes], checkpoint: head.note }
    }),
    GetCheckpoint: unary(() => ({ checkpoint: heads.newest().note })),
    GetAnchor: unary(async () => {
      if (anchor === undefined) throw new ServiceError('NOT_FOUND', 'this log is not anchored')
      return anchorToWire(await anchor.status())
    }),
    GetBlob: unary(async ({ digest }) => {
      const content = await store.findBlob(digestFromWire(digest))
      if (content === undefined) throw new ServiceError('NOT_FOUND', 'no such blob')
      return { content }
    })
  }
  return [bindService<LogHandlers>(bombyxV1.Log.service, handlers)]
}

/** A token is good for its own writer's sequences alone. */
function authoriseWriter(tokens: TokenList | undefined, call: Call, writer: string): void {
  const name = authorise(tokens, call)
  if (tokens !== undefined && name !== writer) {
    throw new ServiceError('FORBIDDEN', `this token writes as ${name}, not as ${writer}`)
  }
}
