import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { INTEL_SGX_ROOT, type TrustAnchors } from '../../../attestation/tdx/anchors.ts'

/** What is beside the checkout: evidence of real hardware, with its outcome. */
export const VECTORS = new URL('../../../../shared/vectors/', import.meta.url)
export const HAS_VECTORS = existsSync(new URL('tdx/bundles/', VECTORS))
/** Ends the name of a suite that needs them. */
export const WHERE = HAS_VECTORS ? '' : ' (skipped: no ../shared/vectors beside this checkout)'

export const INTEL: TrustAnchors = {
  intelSgxRoots: [INTEL_SGX_ROOT],
  dangerouslyAcceptCollateralSecondsPastNextUpdate: 0
}

export interface Bundle {
  readonly name: string
  readonly quote: Uint8Array
  readonly collateral: Uint8Array
  readonly now: Date
  readonly fmspc: string
  readonly expect: {
    readonly tcb_status: string
    readonly advisories: readonly string[]
    readonly must_reject: readonly string[]
    readonly policy_flags: readonly string[]
  }
}

export function readBundle(name: string): Bundle {
  const file = (path: string) => new Uint8Array(readFileSync(new URL(`tdx/bundles/${name}/${path}`, VECTORS)))
  const { now, fmspc, expect } = JSON.parse(Buffer.from(file('expected.json')).toString())
  return {
    name,
    quote: file('quote.bin'),
    collateral: file('collateral.json'),
    now: new Date(now * 1000),
    fmspc,
    expect
  }
}

export function readBundles(): readonly Bundle[] {
  return HAS_VECTORS ? readdirSync(new URL('tdx/bundles/', VECTORS)).map(readBundle) : []
}

type ByteChange =
  | { readonly op: 'xor'; readonly offset: number; readonly mask: number }
  | { readonly op: 'set'; readonly offset: number; readonly value: number }
  | { readonly op: 'fill'; readonly offset: number; readonly length: number; readonly value: number }
  | { readonly op: 'truncate'; readonly length: number }

export interface Negative {
  readonly id: string
  readonly now: Date
  readonly quote: Uint8Array
  readonly collateral: Uint8Array
  readonly reason: string
}

interface NegativeFile {
  readonly bundle: string
  readonly cases: readonly {
    readonly id: string
    readonly now: number
    readonly quote: readonly ByteChange[]
    readonly collateral: Readonly<Record<string, string>>
    readonly reason: string
  }[]
}

/** Every changed bundle of negatives.json, with the changes made. */
export function readNegatives(): readonly Negative[] {
  if (!HAS_VECTORS) return []
  const file: NegativeFile = JSON.parse(readFileSync(new URL('tdx/negatives.json', VECTORS), 'utf8'))
  const good = readBundle(file.bundle)
  const collateral = JSON.parse(Buffer.from(good.collateral).toString())
  return file.cases.map(({ id, now, reason, quote, collateral: members }) => ({
    id,
    reason,
    now: new Date(now * 1000),
    quote: quote.reduce(change, good.quote),
    collateral: new Uint8Array(Buffer.from(JSON.stringify({ ...collateral, ...members })))
  }))
}

function change(bytes: Uint8Array, operation: ByteChange): Uint8Array {
  if (operation.op === 'truncate') return bytes.subarray(0, operation.length)
  const changed = Uint8Array.from(bytes)
  const { offset } = operation
  if (operation.op === 'fill') return changed.fill(operation.value, offset, offset + operation.length)
  changed[offset] = operation.op === 'set' ? operation.value : (changed[offset] ?? 0) ^ operation.mask
  return changed
}
