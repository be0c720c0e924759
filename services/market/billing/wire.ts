import type { BilledStatement as BilledStatementMessage } from '../../../proto/gen/bombyx/v1/BilledStatement.ts'
import type { BillLine as BillLineMessage } from '../../../proto/gen/bombyx/v1/BillLine.ts'
import type { DeliveredLine as DeliveredLineMessage } from '../../../proto/gen/bombyx/v1/DeliveredLine.ts'
import type { GetBillRequest__Output } from '../../../proto/gen/bombyx/v1/GetBillRequest.ts'
import type { ServedStatement as ServedStatementMessage } from '../../../proto/gen/bombyx/v1/ServedStatement.ts'
import type { UsageProof as UsageProofMessage } from '../../../proto/gen/bombyx/v1/UsageProof.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { unixSeconds } from '../../runtime/time.ts'
import { type BilledStatement, type BillLine, type Period, readPeriod } from './billing.ts'
import type { UsageProof } from './periods.ts'
import type { DeliveredLine, ServedStatement } from './served-store.ts'

export function periodFromWire({ from, to }: Pick<GetBillRequest__Output, 'from' | 'to'>, now: Date): Period {
  return readPeriod(Number(from), Number(to), now)
}

export function billLineToWire({ keyId, tenant, price, ...line }: BillLine): BillLineMessage {
  return {
    day: line.day,
    organisation: line.organisation,
    keyId: keyId ?? new Uint8Array(0),
    tenant: tenant ?? new Uint8Array(0),
    model: line.model,
    unbillable: line.unbillable,
    requests: String(line.requests),
    cancelled: String(line.cancelled),
    failed: String(line.failed),
    promptTokens: String(line.prompt),
    cachedTokens: String(line.cached),
    completionTokens: String(line.completion),
    reasoningTokens: String(line.reasoning),
    price: String(price)
  }
}

export function billedStatementToWire(billed: BilledStatement): BilledStatementMessage {
  const { statement, unbillable, keyId, storedAt } = billed
  return { statement, unbillable, keyId: keyId ?? new Uint8Array(0), storedAt: unixSeconds(storedAt) }
}

export function servedStatementToWire(served: ServedStatement): ServedStatementMessage {
  const { statement, unbillable, storedAt, hostId, provider, voucher } = served
  const covering = voucher && { voucher: { ...voucher, cumulative: String(voucher.cumulative) } }
  return { statement, unbillable, storedAt: unixSeconds(storedAt), hostId, provider, ...covering }
}

export function deliveredLineToWire({ escrow, payee, price }: DeliveredLine): DeliveredLineMessage {
  return { escrow: escrow ?? new Uint8Array(0), payee: payee ?? new Uint8Array(0), price: String(price) }
}

export function statementHashFromWire(hash: Uint8Array): Uint8Array {
  if (hash.byteLength !== 32) throw new ServiceError('ARGUMENT_INVALID', 'statement_hash is 32 bytes')
  return hash
}

export function usageProofToWire({ leaf, index, hashes, logIndex }: UsageProof): UsageProofMessage {
  return {
    leaf: Buffer.from(leaf),
    index,
    hashes: hashes.map((hash) => Buffer.from(hash)),
    ...(logIndex === undefined ? {} : { logIndex: String(logIndex) })
  }
}
