import type { TrustAnchors } from '../../../attestation/tdx/anchors.ts'
import { parseTdxCollateral, type TdxCollateral } from '../../../attestation/tdx/collateral.ts'
import { parseTdxQuote, type TdxQuote } from '../../../attestation/tdx/quote.ts'
import { createVirtualCollateral, type VirtualCollateralOptions } from '../../../attestation/virtual/collateral.ts'
import { createVirtualPlatform, type VirtualPlatformOptions } from '../../../attestation/virtual/platform.ts'
import { quoteVirtual } from '../../../attestation/virtual/quote.ts'
import { createVirtualRoot, generateVirtualRootKeys, type VirtualRoot } from '../../../attestation/virtual/root.ts'

export const NOW = new Date('2026-11-20T12:00:00Z')

/** Evidence of a platform that this test made, under a root that it made. */
export interface MadeEvidence {
  readonly quoteBytes: Uint8Array
  readonly quote: TdxQuote
  readonly collateral: TdxCollateral
}

export function createRoot(): Promise<VirtualRoot> {
  return createVirtualRoot(generateVirtualRootKeys(), NOW)
}

export function anchorsOf(root: VirtualRoot, excess = 0): TrustAnchors {
  return {
    intelSgxRoots: [root.root.certificate],
    dangerouslyAcceptCollateralSecondsPastNextUpdate: excess
  }
}

export async function createEvidence(
  root: VirtualRoot,
  platform: Partial<VirtualPlatformOptions> = {},
  collateral: Partial<VirtualCollateralOptions> = {}
): Promise<MadeEvidence> {
  const reportData = new Uint8Array(64).fill(0x5d)
  const quoteBytes = quoteVirtual(await createVirtualPlatform(root, platform, NOW), { reportData })
  return {
    quoteBytes,
    quote: parseTdxQuote(quoteBytes),
    collateral: parseTdxCollateral(await createVirtualCollateral(root, collateral, NOW))
  }
}

/** A copy with these bytes at this place. */
export function patched(bytes: Uint8Array, offset: number, ...octets: readonly number[]): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy.set(octets, offset)
  return copy
}
