import { parseKeyset } from '../../../attestation/session/keyset.ts'
import type { TonProof } from '../../../contracts/ton-proof.ts'
import type { Declared__Output, Declared as DeclaredMessage } from '../../../proto/gen/bombyx/v1/Declared.ts'
import type { DirectoryEvent__Output } from '../../../proto/gen/bombyx/v1/DirectoryEvent.ts'
import type { Host__Output } from '../../../proto/gen/bombyx/v1/Host.ts'
import type { LoginRequest__Output } from '../../../proto/gen/bombyx/v1/LoginRequest.ts'
import type { LoginResponse } from '../../../proto/gen/bombyx/v1/LoginResponse.ts'
import type { Measured } from '../../../proto/gen/bombyx/v1/Measured.ts'
import type { Prices__Output, Prices as PricesMessage } from '../../../proto/gen/bombyx/v1/Prices.ts'
import type { Supply as SupplyMessage } from '../../../proto/gen/bombyx/v1/Supply.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { unixSeconds } from '../../runtime/time.ts'
import { idFromWire } from '../accounts/wire.ts'
import type { TokenPrices } from '../placement/supply.ts'
import type { DirectoryChange, OfferedHost } from './offered-host.ts'
import type { Supply } from './supplies.ts'
import type { Declared } from './supply-plan.ts'
import type { ProviderLogin } from './wallets.ts'

const PRICE_LIMIT = 1n << 53n

export function proofFromWire(request: LoginRequest__Output): TonProof {
  const { address, domain, timestamp, payload, signature, stateInit } = request
  if (!/^[\w-]{1,64}$/.test(payload))
    throw new ServiceError('ARGUMENT_INVALID', 'a payload is one that CreateLogin gave')
  return { address, domain, timestamp: Number(timestamp), payload, signature, stateInit }
}

export function loginToWire({ provider, token, expiresAt }: ProviderLogin): LoginResponse {
  return { provider, token, expiresAt: unixSeconds(expiresAt) }
}

export function declaredFromWire(message: Declared__Output): Declared {
  return {
    hostId: idFromWire(message.hostId, 'host_id'),
    gpu: message.gpu,
    gpus: message.gpus,
    vramGib: message.vramGib,
    uptimePermille: message.uptimePermille,
    region: message.region,
    models: message.models,
    prices: pricesFromWire(message.prices)
  }
}

export function supplyToWire(supply: Supply): SupplyMessage {
  const { host, attested, declared, wallet, contradictions } = supply
  return {
    hostId: host.id,
    provider: host.provider,
    wallet: wallet ?? '',
    ...(declared === undefined ? {} : { declared: declaredToWire(declared) }),
    attested: {
      listed: host.listed,
      tee: attested.tee,
      verdict: attested.verdict,
      gpuArchitecture: attested.gpuArchitecture ?? '',
      gpus: attested.gpus,
      model: host.model,
      region: host.region,
      prices: pricesToWire(host.prices),
      slots: host.slots,
      notAfter: unixSeconds(host.notAfter),
      policy: attested.assurance
    },
    measured: measuredToWire(supply),
    contradictions: [...contradictions]
  }
}

/** Refuses a oneof with other than one member, and an entry that cannot be read. */
export function directoryChangeFromWire(event: DirectoryEvent__Output): DirectoryChange {
  const members = [event.listed, event.delisted, event.snapshotEnd].filter((member) => member != null)
  if (members.length !== 1) throw new ServiceError('ARGUMENT_INVALID', 'one event is wanted')
  if (event.listed != null) return { kind: 'listed', host: hostFromWire(event.listed) }
  if (event.delisted != null) return { kind: 'delisted', keysetDigest: event.delisted.keysetDigest }
  return { kind: 'snapshot-end' }
}

function hostFromWire({ hostId, provider, keyset: bytes, verdict, declaration }: Host__Output): OfferedHost {
  if (verdict === null || declaration === null) {
    throw new ServiceError('ARGUMENT_INVALID', 'a listed host has a verdict and a declaration')
  }
  const keyset = parseKeyset(bytes)
  return {
    id: idFromWire(hostId, 'host_id'),
    provider,
    keysetDigest: keyset.digest,
    model: keyset.model.id,
    weights: keyset.model.weights,
    result: verdict.result,
    region: declaration.region,
    slots: declaration.slots,
    prices: pricesFromWire(declaration.prices),
    notAfter: new Date(Math.min(keyset.notAfter, Number(verdict.notAfter)) * 1000)
  }
}

function declaredToWire(declared: Declared): DeclaredMessage {
  return { ...declared, models: [...declared.models], prices: pricesToWire(declared.prices) }
}

function measuredToWire({ host, usage }: Supply): Measured {
  const { requests = 0, failures = 0, promptTokens = 0, completionTokens = 0, durationMs = 0 } = usage ?? {}
  return {
    requests,
    failures,
    promptTokens,
    completionTokens,
    speedMilli: durationMs === 0 ? 0 : Math.round((completionTokens * 1_000_000) / durationMs),
    uptimePermille: Math.round(host.uptime * 1000)
  }
}

export function pricesFromWire(prices: Prices__Output | null): TokenPrices {
  if (prices === null) throw new ServiceError('ARGUMENT_INVALID', 'prices are wanted')
  const read = (text: string): bigint => {
    const price = BigInt(text)
    if (price >= PRICE_LIMIT) throw new ServiceError('ARGUMENT_INVALID', 'prices are below 2^53')
    return price
  }
  return {
    prompt: read(prices.prompt),
    cached: read(prices.cached),
    completion: read(prices.completion),
    reasoning: read(prices.reasoning)
  }
}

function pricesToWire({ prompt, cached, completion, reasoning }: TokenPrices): PricesMessage {
  return {
    prompt: String(prompt),
    cached: String(cached),
    completion: String(completion),
    reasoning: String(reasoning)
  }
}
