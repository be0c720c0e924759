import type { ServiceDefinition } from '@grpc/grpc-js'
import * as fc from 'fast-check'
import { parseBundle } from '../../attestation/bundle.ts'
import { ed25519PublicBytes, generateEd25519, randomBytes } from '../../attestation/crypto.ts'
import { signUsage } from '../../attestation/receipt/usage.ts'
import { signVoucher } from '../../attestation/receipt/voucher.ts'
import { MAX_BATCH } from '../../attestation/session/frame-header.ts'
import { encodeFrame } from '../../attestation/session/frames.ts'
import { createHello } from '../../attestation/session/handshake.ts'
import { encodeKeyset, parseKeyset } from '../../attestation/session/keyset.ts'
import { encodeClientLinkHello, encodeHostLinkHello } from '../../attestation/session/link-hello.ts'
import { encodeMeta } from '../../attestation/session/meta.ts'
import type { Host__Output } from '../../proto/gen/bombyx/v1/Host.ts'
import { appraised } from '../attestation/session/replay.ts'
import { META } from '../fakes/link-client.ts'
import { inputsFor } from './inputs.ts'
import { type Message, messageInputs } from './message-inputs.ts'
import { type MarketMaterial, marketSeeds } from './rpc-market-seeds.ts'

export interface RpcMaterial {
  readonly hosts: readonly Host__Output[]
  readonly bundle: Uint8Array
  readonly market: MarketMaterial
}

const PRICES = { prompt: '1', cached: '2', completion: '3', reasoning: '4' }
const ID = Buffer.alloc(16, 7)
const DIGEST = Buffer.alloc(32, 7)

/** Valid requests by method, as objects that its definition can write; a link's are batches of frames. */
export async function requestSeeds({
  hosts,
  bundle,
  market
}: RpcMaterial): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const [host] = hosts
  const { nonce } = parseBundle(bundle)
  const declaration = { prices: PRICES, region: 'eu', slots: 8 }
  const hello = await helloMessage(hosts)
  const accept = { callId: '1', accept: { accept: DIGEST, signature: Buffer.alloc(64) } }
  const identity = { keysetDigest: DIGEST, signature: Buffer.alloc(64) }
  const voucher = { voucher: someVoucher(), covered: [{ epoch: ID, seq: '1' }], coveredSignature: Buffer.alloc(64) }
  return new Map<string, readonly unknown[]>([
    ['Enrol', [{ bundle, declaration }]],
    ['Withdraw', [{ keysetDigest: DIGEST, signature: Buffer.alloc(64) }]],
    ['CreateProvider', [{ name: 'somebody' }]],
    ['GetHost', [{ hostId: ID }, { hostId: host?.hostId }]],
    ['QuarantineHost', [{ hostId: ID, reason: 'a reason' }]],
    ['LiftQuarantine', [{ hostId: ID }]],
    ['AddReferenceValue', [{ leaf: host?.leaf }]],
    ['GetLogConsistency', [{ oldSize: '1', newSize: '2' }]],
    ['GetBlob', [{ digest: host?.bundleDigest }, { digest: DIGEST }]],
    ['Appraise', [{ bundle, expectedNonce: nonce }]],
    ['GetCollateral', [{ fmspc: Buffer.alloc(6), ca: 'platform' }]],
    ['GiveVoucher', [{ keysetDigest: DIGEST, escrow: DIGEST, maxPrice: '1', voucher }]],
    ['StoreVoucher', [voucher]],
    ['ListVouchers', [{ escrow: DIGEST }, { payee: DIGEST }, { escrow: DIGEST, payee: DIGEST }]],
    ['FindStatements', [{ receipts: [{ sessionId: ID, n: '1', keysetDigest: DIGEST, receiptHash: DIGEST }] }]],
    ['Append', [{ writer: 'somebody', entries: [{ sequence: '1', leaf: host?.leaf }], blobs: [DIGEST] }]],
    ['GetProof', [{ index: '0' }, { leafHash: DIGEST }]],
    ['GetConsistency', [{ oldSize: '1', newSize: '2' }]],
    ...marketSeeds(market),
    ['StoreUsage', [{ statements: [usageStatement(), usageStatement()] }]],
    [
      'FindHosts',
      [{ model: host === undefined ? 'm' : 'bombyx/demonstration', maxPrices: PRICES, exclude: [DIGEST], count: 8 }]
    ],
    ['OpenSession', [hello]],
    ['Serve', [{ identity }, { accept }, { refusal: { callId: '1', code: 3 } }]],
    ['ClientLink.Open', [clientBatch(hosts)]],
    ['HostLink.Open', [hostBatch()]]
  ])
}

function someVoucher(): Uint8Array {
  const fields = { escrow: DIGEST, payee: DIGEST, cumulative: 5n, usageRoot: DIGEST }
  return signVoucher(fields, generateEd25519())
}

/** Inputs of a method: mostly messages with a wrong field or a link's frames gone wrong, and bytes that are no message. */
export function requestInputs(
  seeds: ReadonlyMap<string, readonly unknown[]>,
  service: string,
  [name, definition]: [string, ServiceDefinition[string]]
): fc.Arbitrary<Uint8Array> {
  const serialize = definition.requestSerialize as (message: unknown) => Uint8Array
  const objects = seeds.get(`${service}.${name}`) ?? seeds.get(name) ?? [{}]
  const encoded = objects.map(serialize)
  const frames = objects.filter((object) => object instanceof Uint8Array)
  const close =
    frames.length > 0
      ? inputsFor({ seeds: frames }).map((input) => serialize(input.subarray(0, MAX_BATCH)))
      : messageInputs(objects as Message[], serialize)
  return fc.oneof({ weight: 4, arbitrary: close }, { weight: 1, arbitrary: inputsFor({ seeds: encoded }) })
}

async function helloMessage(hosts: readonly Host__Output[]): Promise<unknown> {
  const now = Math.floor(Date.now() / 1000)
  const offered = hosts.map(({ keyset }) => appraised(parseKeyset(keyset)))
  using handshake = await createHello({ model: 'bombyx/demonstration', ttlSeconds: 600, hosts: offered }, now)
  return handshake.message
}

function usageStatement(): { readonly statement: Uint8Array; readonly keyset: Uint8Array } {
  const [sessionKey, receiptKey] = [generateEd25519(), generateEd25519()]
  const keyset = parseKeyset(
    encodeKeyset({
      epoch: randomBytes(16),
      subject: 'bombyx:host:000102030405060708090a0b0c0d0e0f',
      model: { id: 'm', engine: 'vllm', weights: randomBytes(32) },
      notAfter: 2_000_000_000,
      sessionKeys: [{ keyId: 's1', publicKey: ed25519PublicBytes(sessionKey) }],
      receiptKeys: [{ keyId: 'r1', publicKey: ed25519PublicBytes(receiptKey) }],
      gpus: [],
      switches: [],
      tlsKeys: []
    })
  )
  const fields = {
    counts: { prompt: 1, cached: 0, completion: 3, reasoning: 0 },
    durationMs: 10,
    epoch: keyset.epoch,
    finish: 'complete',
    keyId: 'r1',
    model: 'm',
    n: 0,
    price: 1n,
    receiptHash: null,
    seq: 1,
    sessionId: randomBytes(16),
    tenant: new Uint8Array(16),
    keysetDigest: keyset.digest
  } as const
  return { statement: signUsage(fields, receiptKey), keyset: keyset.bytes }
}

function clientBatch(hosts: readonly Host__Output[]): Uint8Array {
  const candidates = hosts.map(({ keyset }) => ({ digest: parseKeyset(keyset).digest, wrap: new Uint8Array(48) }))
  const meta = encodeMeta({ ...META, model: 'bombyx/demonstration', deadline: Math.floor(Date.now() / 1000) + 600 })
  return Buffer.concat([
    encodeFrame({ kind: 'hello', stream: 0, payload: encodeClientLinkHello(new Uint8Array(0)) }),
    encodeFrame({ kind: 'open', stream: 1, meta, candidates }),
    encodeFrame({ kind: 'data', stream: 1, chunk: new Uint8Array(1040) }),
    encodeFrame({ kind: 'final', stream: 1, chunk: new Uint8Array(16) }),
    encodeFrame({ kind: 'credit', stream: 1, bytes: 65_536 }),
    encodeFrame({ kind: 'reset', stream: 1, code: 11 }),
    encodeFrame({ kind: 'ping', stream: 0, payload: new Uint8Array(8) })
  ])
}

function hostBatch(): Uint8Array {
  const payload = encodeHostLinkHello({ digest: DIGEST, signature: new Uint8Array(64) })
  return Buffer.concat([
    encodeFrame({ kind: 'hello', stream: 0, payload }),
    encodeFrame({ kind: 'slots', stream: 0, free: 1, total: 2 }),
    encodeFrame({ kind: 'usage', stream: 0, seq: 1, statement: usageStatement().statement })
  ])
}
