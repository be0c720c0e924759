import type { GpuMode } from '../appraisal/gpu-mode-event.ts'
import type { DeviceFaultCode } from '../nvidia/faults.ts'
import type { VirtualDevice, VirtualDeviceOptions } from './device.ts'
import type { VirtualEndorsementOptions } from './device-endorsements.ts'

/** What is set differently about one GPU, what NVIDIA says of it, its mode, or the devices of a machine. */
export interface VirtualDeviceKnob {
  readonly device?: Partial<VirtualDeviceOptions>
  readonly endorsements?: Partial<VirtualEndorsementOptions>
  readonly mode?: Partial<GpuMode>
  /** What a machine with protected PCIe shows in place of its devices; `other` is a GPU of another machine. */
  readonly machine?: (devices: readonly VirtualDevice[], other: VirtualDevice) => readonly VirtualDevice[]
  /** What a verifier must then find. */
  readonly fault: DeviceFaultCode
}

const HOUR = 3600
const DAY = 24 * HOUR
/** FEATURE_FLAG. */
const FEATURE_FLAG = 36

const REPORT = {
  'report for another nonce': { device: { faults: ['other-nonce'] }, fault: 'NONCE_MISMATCH' },
  'report signature changed': { device: { faults: ['signature'] }, fault: 'REPORT_SIGNATURE_INVALID' },
  'report measurement changed after signing': {
    device: { faults: ['measurement'] },
    fault: 'REPORT_SIGNATURE_INVALID'
  },
  'report opaque data changed after signing': { device: { faults: ['opaque'] }, fault: 'REPORT_SIGNATURE_INVALID' },
  "report signed with a stranger's key": {
    device: { faults: ['signed-by-stranger'] },
    fault: 'REPORT_SIGNATURE_INVALID'
  },
  'report truncated': { device: { faults: ['truncated'] }, fault: 'REPORT_MALFORMED' },
  'report of other firmware': { device: { fwid: 'other' }, fault: 'FWID_MISMATCH' },
  'report without its firmware': { device: { fwid: 'absent' }, fault: 'FWID_ABSENT' },
  'report in an unknown mode': {
    device: { opaque: [{ type: FEATURE_FLAG, data: Uint8Array.of(9, 0) }] },
    fault: 'CC_MODE_OFF'
  },
  'driver of long ago': { device: { driverVersion: '535.86.09' }, fault: 'DRIVER_TOO_OLD' },
  'vbios of long ago': { device: { vbiosVersion: '96.00.30.00.01' }, fault: 'VBIOS_TOO_OLD' }
} as const satisfies Record<string, VirtualDeviceKnob>

const CHAIN = {
  "device under a stranger's root": { device: { strangerRoot: true }, fault: 'DEVICE_ROOT_UNTRUSTED' },
  'device chain without root': { device: { faults: ['chain-without-root'] }, fault: 'DEVICE_CHAIN_INVALID' },
  'device chain out of order': { device: { faults: ['chain-out-of-order'] }, fault: 'DEVICE_ROOT_UNTRUSTED' },
  "leaf by a stranger's boot rom": { device: { faults: ['leaf-by-stranger'] }, fault: 'DEVICE_CHAIN_INVALID' }
} as const satisfies Record<string, VirtualDeviceKnob>

const OCSP = {
  'boot rom revoked': { endorsements: { statuses: { brom: 'revoked' } }, fault: 'OCSP_REVOKED' },
  'provisioner revoked': { endorsements: { statuses: { provisioner: 'revoked' } }, fault: 'OCSP_REVOKED' },
  'identity ca on hold': { endorsements: { statuses: { identity: 'hold' } }, fault: 'OCSP_HOLD' },
  'identity ca unknown to its responder': {
    endorsements: { statuses: { identity: 'unknown' } },
    fault: 'OCSP_UNKNOWN'
  },
  'manifest signer revoked': { endorsements: { statuses: { rimSigner: 'revoked' } }, fault: 'OCSP_REVOKED' },
  'manifest ca on hold': { endorsements: { statuses: { rimCa: 'hold' } }, fault: 'OCSP_HOLD' },
  'no answer about the provisioner': {
    endorsements: { statuses: { provisioner: 'missing' } },
    fault: 'OCSP_UNAVAILABLE'
  },
  'no answer about the manifest signer': {
    endorsements: { statuses: { rimSigner: 'missing' } },
    fault: 'OCSP_UNAVAILABLE'
  },
  'answers changed after signing': { endorsements: { ocspFaults: ['signature'] }, fault: 'OCSP_UNAVAILABLE' },
  'answers by a responder without authority': {
    endorsements: { ocspFaults: ['responder-without-authority'] },
    fault: 'OCSP_UNAVAILABLE'
  },
  'answers that lapsed an hour ago': {
    endorsements: { ocspValid: { from: -2 * HOUR, until: -HOUR } },
    fault: 'OCSP_IN_GRACE'
  },
  'answers that lapsed a month ago': {
    endorsements: { ocspValid: { from: -31 * DAY, until: -30 * DAY } },
    fault: 'OCSP_UNAVAILABLE'
  },
  'answers of the future': { endorsements: { ocspValid: { from: HOUR, until: DAY } }, fault: 'OCSP_UNAVAILABLE' }
} as const satisfies Record<string, VirtualDeviceKnob>

const RIMS = {
  'one measurement changed': { device: { changedMeasurements: [3] }, fault: 'MEASUREMENT_MISMATCH' },
  'driver measurements of another build': {
    endorsements: { rims: { driver: { valuesOf: '590.11' } } },
    fault: 'MEASUREMENT_MISMATCH'
  },
  'driver manifest missing': { endorsements: { rims: { driver: { missing: true } } }, fault: 'RIM_MISSING' },
  'vbios manifest missing': { endorsements: { rims: { vbios: { missing: true } } }, fault: 'RIM_MISSING' },
  'manifest of another product': {
    endorsements: { rims: { driver: { product: 'GB100' } } },
    fault: 'RIM_PRODUCT_MISMATCH'
  },
  'manifest of another version': {
    endorsements: { rims: { vbios: { colloquialVersion: '96.00.A4.00.01' } } },
    fault: 'RIM_VERSION_MISMATCH'
  },
  'index in both manifests': { endorsements: { rims: { driver: { alsoActive: [9] } } }, fault: 'RIM_INDEX_CONFLICT' },
  'manifest value changed after signing': {
    endorsements: { rims: { vbios: { faults: ['value'] } } },
    fault: 'RIM_SIGNATURE_INVALID'
  },
  'manifest signature changed': {
    endorsements: { rims: { driver: { faults: ['signature'] } } },
    fault: 'RIM_SIGNATURE_INVALID'
  },
  'manifest without a signature': {
    endorsements: { rims: { driver: { faults: ['unsigned'] } } },
    fault: 'RIM_MALFORMED'
  },
  'manifest signed twice': { endorsements: { rims: { driver: { faults: ['signed-twice'] } } }, fault: 'RIM_MALFORMED' },
  'manifest with a document type': {
    endorsements: { rims: { vbios: { faults: ['doctype'] } } },
    fault: 'RIM_MALFORMED'
  },
  'manifest certificate expired': {
    endorsements: { rimSignerValid: { from: -400 * DAY, until: -DAY } },
    fault: 'RIM_EXPIRED'
  },
  "manifests under a stranger's root": { endorsements: { strangerRims: true }, fault: 'RIM_CHAIN_INVALID' }
} as const satisfies Record<string, VirtualDeviceKnob>

const MODE = {
  'confidential computing off': { mode: { ccFeature: false }, fault: 'CC_MODE_OFF' },
  'developer mode on': { mode: { devTools: true }, fault: 'CC_MODE_DEVTOOLS' }
} as const satisfies Record<string, VirtualDeviceKnob>

const MACHINE = {
  'gpu removed': { machine: (devices) => devices.slice(1), fault: 'TOPOLOGY_INVALID' },
  'switch removed': { machine: (devices) => devices.slice(0, -1), fault: 'TOPOLOGY_INVALID' },
  'gpu doubled in place of another': {
    machine: (devices) => [...devices.slice(1, 2), ...devices.slice(1)],
    fault: 'DEVICE_DUPLICATED'
  },
  'gpu of another machine': { machine: (devices, other) => [other, ...devices.slice(1)], fault: 'TOPOLOGY_INVALID' },
  'gpu with protected pcie off': {
    machine: ([first, ...rest]) => (first === undefined ? rest : [{ ...first, feature: 'single' }, ...rest]),
    fault: 'TOPOLOGY_INVALID'
  }
} as const satisfies Record<string, VirtualDeviceKnob>

/** Every way in which virtual devices and what NVIDIA says of them can be made wrong, by name. */
export const VIRTUAL_DEVICE_KNOBS: Readonly<Record<string, VirtualDeviceKnob>> = {
  ...REPORT,
  ...CHAIN,
  ...OCSP,
  ...RIMS,
  ...MODE,
  ...MACHINE
}
