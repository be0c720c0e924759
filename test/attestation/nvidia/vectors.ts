import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { DevicesEvidence } from '../../../attestation/nvidia/assess.ts'
import { parseDeviceEvidence } from '../../../attestation/nvidia/evidence.ts'

/** What is beside the checkout: reports of real devices, with their outcome. */
const NVIDIA = new URL('../../../../shared/vectors/nvidia/', import.meta.url)
export const HAS_VECTORS = existsSync(NVIDIA)
/** Ends the name of a suite that needs them. */
export const WHERE = HAS_VECTORS ? '' : ' (skipped: no ../shared/vectors beside this checkout)'

export type Devices = DevicesEvidence['devices']

export interface RealReports {
  readonly name: string
  readonly devices: Devices
  readonly expect: {
    readonly report_signature?: 'valid' | 'invalid'
    readonly driver?: string
    readonly vbios?: string
    readonly rims?: readonly string[]
    readonly must_reject?: boolean
  }
}

export function readNvidia(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, NVIDIA)))
}

export function readNvidiaText(path: string): string {
  return readFileSync(new URL(path, NVIDIA), 'utf8')
}

export function filesOf(folder: string, ending: string): readonly string[] {
  if (!HAS_VECTORS) return []
  return readdirSync(new URL(folder, NVIDIA)).filter((name) => name.endsWith(ending))
}

export function readReports(name: string): RealReports {
  const document = JSON.parse(readNvidiaText(name))
  return { name, devices: parseDeviceEvidence(readNvidia(name)), expect: document.expect ?? {} }
}

export const REPORTS: readonly RealReports[] = filesOf('', '.json').map(readReports)

export function reportsOf(name: string): RealReports {
  const found = REPORTS.find((reports) => reports.name === name)
  if (found === undefined) throw new TypeError(`no such vector: ${name}`)
  return found
}

export const readRim = (name: string): Uint8Array => readNvidia(`rim/${name}`)
