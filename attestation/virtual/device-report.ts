import type { DeviceEvidence } from '../bundle.ts'
import { generateEc, randomBytes, signEcdsa } from '../crypto.ts'
import { concatBytes, decodeHex, encodeUtf8 } from '../encoding.ts'
import { OPAQUE_FIELD } from '../nvidia/opaque.ts'
import { CHIPS, type Chip, NVDEC0_INDEX, referenceValue } from './chips.ts'
import { DEVICE_FEATURES, type DeviceFault, type VirtualDevice } from './device.ts'
import { uint16le, uint32le } from './little-endian.ts'

const SPDM_1_1 = 0x11
const GET_MEASUREMENTS = 0xe0
const MEASUREMENTS = 0x60
const NONCE_LENGTH = 32
const DMTF_MEASUREMENT = 1
const DIGEST_LENGTH = 48

const DISABLED = 0x55
const ENABLED = 0xaa
const GPU_LINKS = 18
const SWITCH_GPUS = 8
const NO_PORT = 0xff

type OpaqueEntry = readonly [type: number, data: Uint8Array]

/** What the device answers to GET_MEASUREMENTS with this nonce: SPDM 1.1 request ‖ response, signed by its leaf. */
export function reportVirtualDevice(device: VirtualDevice, nonce: Uint8Array): DeviceEvidence {
  if (nonce.byteLength !== NONCE_LENGTH) throw new TypeError(`a nonce is ${NONCE_LENGTH} bytes`)
  const { faults } = device
  const asked = faults.includes('other-nonce') ? randomBytes(NONCE_LENGTH) : nonce
  const request = concatBytes(Uint8Array.of(SPDM_1_1, GET_MEASUREMENTS, 1, 0xff), asked, Uint8Array.of(0))
  const record = measurementRecord(device)
  const opaque = opaqueData(device)
  const header = Uint8Array.of(SPDM_1_1, MEASUREMENTS, 0, 0, CHIPS[device.arch].blocks)
  const signed = concatBytes(
    request,
    header,
    uint32le(record.byteLength).subarray(0, 3),
    record,
    randomBytes(NONCE_LENGTH),
    uint16le(opaque.byteLength),
    opaque
  )
  const key = faults.includes('signed-by-stranger') ? generateEc('P-384') : device.key
  const signature = signEcdsa('P-384', key, signed)
  const evidence = concatBytes(
    withFaults(signed, faults),
    faults.includes('signature') ? turned(signature, 7) : signature
  )
  return {
    arch: device.arch,
    certificate: encodeUtf8(device.chain),
    evidence: faults.includes('truncated') ? evidence.subarray(0, evidence.byteLength - 200) : evidence
  }
}

function measurementRecord(device: VirtualDevice): Uint8Array {
  const chip = CHIPS[device.arch]
  const blocks = Array.from({ length: chip.blocks }, (_, index) =>
    concatBytes(
      Uint8Array.of(index + 1, DMTF_MEASUREMENT),
      uint16le(DIGEST_LENGTH + 3),
      Uint8Array.of(1),
      uint16le(DIGEST_LENGTH),
      measuredAt(device, chip, index)
    )
  )
  return concatBytes(...blocks)
}

/** One of the values that the manifests allow: not always the first, so that a verifier has to look at all of them. */
function measuredAt(device: VirtualDevice, chip: Chip, index: number): Uint8Array {
  const reference = chip.measured.get(index)
  if (reference === undefined) return new Uint8Array(DIGEST_LENGTH)
  const { kind, alternatives } = reference
  const version = kind === 'driver' ? device.driverVersion : device.vbiosVersion
  const value = referenceValue(chip, version, index, index % alternatives)
  // NVDEC0 is disabled in every report here, so that what stands at its index must not be compared.
  const isOther = device.changedMeasurements.includes(index) || (index === NVDEC0_INDEX && chip.edition === 'GPU')
  return isOther ? turned(value, 0) : value
}

function opaqueData(device: VirtualDevice): Uint8Array {
  const fields = new Map(device.arch === 'LS10' ? switchFields(device) : gpuFields(device))
  for (const { type, data } of device.opaque) {
    if (data === null) fields.delete(type)
    else fields.set(type, data)
  }
  return concatBytes(...[...fields].map(([type, data]) => concatBytes(uint16le(type), uint16le(data.byteLength), data)))
}

function gpuFields(device: VirtualDevice): readonly OpaqueEntry[] {
  const chip = CHIPS[device.arch]
  const [project, projectSku, chipSku] = chip.board
  const isProtected = device.feature === 'protected-pcie'
  return [
    [OPAQUE_FIELD.vbiosVersion, gpuVbios(device.vbiosVersion)],
    [OPAQUE_FIELD.boardId, uint32le(0x0437)],
    [OPAQUE_FIELD.chipSku, terminated(chipSku, 9)],
    [OPAQUE_FIELD.chipSkuMod, terminated('0', 5)],
    [OPAQUE_FIELD.project, terminated(project, 5)],
    [OPAQUE_FIELD.projectSku, terminated(projectSku, 5)],
    [OPAQUE_FIELD.projectSkuMod, terminated('', 2)],
    [OPAQUE_FIELD.driverVersion, terminated(device.driverVersion, device.driverVersion.length + 1)],
    [OPAQUE_FIELD.gpuInfo, decodeHex(device.arch === 'BLACKWELL' ? 'a001000000000000' : '8001000000000000')],
    [OPAQUE_FIELD.msrsCnt, counts(chip)],
    [OPAQUE_FIELD.cprInfo, decodeHex(device.arch === 'BLACKWELL' ? '00000400' : '00c00100')],
    [OPAQUE_FIELD.nvdec0Status, Uint8Array.of(DISABLED)],
    ...firmwareField(device),
    [OPAQUE_FIELD.protectedPcieStatus, Uint8Array.of(isProtected ? ENABLED : DISABLED)],
    ...(isProtected ? [linkField(device.peers)] : []),
    [OPAQUE_FIELD.opaqueDataVersion, uint16le(1)],
    [OPAQUE_FIELD.featureFlag, uint16le(DEVICE_FEATURES[device.feature])]
  ]
}

function switchFields(device: VirtualDevice): readonly OpaqueEntry[] {
  const chip = CHIPS[device.arch]
  const gpus = new Uint8Array(8 * SWITCH_GPUS)
  gpus.set(concatBytes(...device.peers))
  // Two ports lead to each GPU, the rest nowhere.
  const ports = Uint8Array.from({ length: 64 }, (_, port) => (port < 2 * device.peers.length ? port >> 1 : NO_PORT))
  return [
    [OPAQUE_FIELD.vbiosVersion, encodeUtf8(device.vbiosVersion)],
    [OPAQUE_FIELD.pdi, device.pdi],
    [OPAQUE_FIELD.msrsCnt, counts(chip)],
    [OPAQUE_FIELD.switchGpuPdis, concatBytes(gpus, ports)],
    [OPAQUE_FIELD.disabledPorts, Uint8Array.of(0xec, 0)],
    [OPAQUE_FIELD.switchPositionId, uint16le(device.position)],
    [OPAQUE_FIELD.switchLockStatus, uint16le(1)]
  ]
}

function firmwareField({ fwid, firmwareId }: VirtualDevice): readonly OpaqueEntry[] {
  if (fwid === 'absent') return []
  return [[OPAQUE_FIELD.fwid, fwid === 'same' ? firmwareId : turned(firmwareId, 0)]]
}

/** A GPU writes the PDI of the switch at the end of each link in the other byte order than the switch itself. */
function linkField(switches: readonly Uint8Array[]): OpaqueEntry {
  const links = Array.from({ length: switches.length === 0 ? 0 : GPU_LINKS }, (_, link) =>
    Uint8Array.from(switches[link % switches.length] ?? []).reverse()
  )
  return [OPAQUE_FIELD.pdi, concatBytes(...links)]
}

/** `AA.BB.CC.DD.EE` as DD CC BB AA EE 00 00 00. */
function gpuVbios(version: string): Uint8Array {
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = decodeHex(version.replaceAll('.', ''), 5)
  return Uint8Array.of(d, c, b, a, e, 0, 0, 0)
}

function counts({ counts: length, measured }: Chip): Uint8Array {
  return concatBytes(...Array.from({ length }, (_, index) => uint32le(measured.has(index) ? 1 : 0)))
}

/** The text with NULs up to this length. */
function terminated(text: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  bytes.set(encodeUtf8(text))
  return bytes
}

/** Bits turned after signing: in the first measurement, or in the opaque data's last byte. */
function withFaults(signed: Uint8Array, faults: readonly DeviceFault[]): Uint8Array {
  const measured = faults.includes('measurement') ? turned(signed, 37 + 8 + 7) : signed
  return faults.includes('opaque') ? turned(measured, measured.byteLength - 1) : measured
}

function turned(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
