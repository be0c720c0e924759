import { encodeHex } from '../../attestation/encoding.ts'
import type { TdxCollateral } from '../../attestation/tdx/collateral.ts'
import type { PckCa } from '../../attestation/tdx/pck.ts'

/** What collateral is issued for: a family of processors, under one of Intel's two PCK CAs. */
export interface PlatformFamily {
  /** 6 bytes. */
  readonly fmspc: Uint8Array
  readonly ca: PckCa
}

/** Where collateral comes from. Throws `NOT_FOUND`, `COLLATERAL_UNAVAILABLE` or `COLLATERAL_MALFORMED`. */
export type CollateralSource = (family: PlatformFamily, signal: AbortSignal) => Promise<TdxCollateral>

/** `<fmspc>-<ca>`, as files are named. */
export function familyName({ fmspc, ca }: PlatformFamily): string {
  return `${encodeHex(fmspc)}-${ca}`
}
