import { describe, expect, test } from 'vitest'
import { decodeHex, encodeHex } from '../../../attestation/encoding.ts'
import { OPAQUE_FIELD, opaqueNumbers } from '../../../attestation/nvidia/opaque.ts'
import { type DeviceReport, parseDeviceReport } from '../../../attestation/nvidia/report.ts'
import { HAS_VECTORS, readNvidiaText, WHERE } from './vectors.ts'

const PDI_LENGTH = 8
const GPUS = 8
const PORTS_OF_A_BIT = 4

const hex = (bytes: Uint8Array): string => `0x${encodeHex(bytes)}`

/** NVIDIA's names of the fields that it prints as they are. */
const GPU_FIELDS: Readonly<Record<number, string>> = {
  3: 'DRIVER_VERSION',
  4: 'GPU_INFO',
  6: 'VBIOS_VERSION',
  11: 'NVDEC0_STATUS',
  13: 'CPRINFO',
  14: 'BOARD_ID',
  15: 'CHIP_SKU',
  16: 'CHIP_SKU_MOD',
  17: 'PROJECT',
  18: 'PROJECT_SKU',
  19: 'PROJECT_SKU_MOD',
  20: 'FWID',
  21: 'PROTECTED_PCIE_STATUS'
}
const SWITCH_FIELDS: Readonly<Record<number, string>> = {
  6: 'VBIOS_VERSION',
  22: 'DEVICE_PDI',
  24: 'SWITCH_POSITION_ID',
  25: 'SWITCH_LOCK_STATUS'
}

/** The report in the form in which NVIDIA's own parser prints it. */
function print(report: DeviceReport, fields: Readonly<Record<number, string>>): unknown {
  const { response, signature } = report
  const blocks = response.blocks.map(({ index, valueType, value }) => [
    index,
    {
      DMTFSpecMeasurementValueType: valueType,
      DMTFSpecMeasurementValueSize: value.byteLength,
      DMTFSpecMeasurementValue: hex(value)
    }
  ])
  return {
    SPDMVersion: '0x11',
    RequestResponseCode: '0x60',
    Param1: '0x00',
    Param2: '0x00',
    NumberOfBlocks: response.blocks.length,
    MeasurementRecordLength: response.measurementRecordLength,
    Nonce: hex(response.nonce),
    OpaqueLength: response.opaqueLength,
    Signature: hex(signature),
    MeasurementRecord: { NumberOfBlocks: blocks.length, MeasurementBlocks: Object.fromEntries(blocks) },
    OpaqueData: { OpaqueDataField: printOpaque(report, fields) }
  }
}

function printOpaque({ response: { opaque } }: DeviceReport, fields: Readonly<Record<number, string>>) {
  const printed = [...opaque].flatMap(([type, value]) => {
    const name = fields[type]
    return name === undefined ? [] : [[`OPAQUE_FIELD_ID_${name}`, hex(value)]]
  })
  return {
    ...Object.fromEntries(printed),
    OPAQUE_FIELD_ID_MSRSCNT: opaqueNumbers(opaque, 'msrsCnt', 4),
    ...printLinks(opaque.get(OPAQUE_FIELD.switchGpuPdis)),
    ...printDisabledPorts(opaque.get(OPAQUE_FIELD.disabledPorts))
  }
}

function printLinks(links: Uint8Array | undefined) {
  if (links === undefined) return {}
  const pdis = Array.from({ length: GPUS }, (_, at) => hex(links.subarray(at * PDI_LENGTH, (at + 1) * PDI_LENGTH)))
  const ports = [...links.subarray(GPUS * PDI_LENGTH)].map((port) => hex(Uint8Array.of(port)))
  return { OPAQUE_FIELD_ID_SWITCH_GPU_PDIS: pdis, OPAQUE_FIELD_ID_SWITCH_PORT: ports }
}

/** A bit for each four ports, the first in the highest. */
function printDisabledPorts(field: Uint8Array | undefined) {
  if (field === undefined) return {}
  const bits = [...field].flatMap((byte) => Array.from({ length: 8 }, (_, bit) => (byte >> (7 - bit)) & 1))
  return { OPAQUE_FIELD_ID_DISABLED_PORTS: bits.flatMap((bit) => new Array(PORTS_OF_A_BIT).fill(bit)) }
}

describe.skipIf(!HAS_VECTORS)(`every field that NVIDIA’s own parser prints${WHERE}`, () => {
  test.each([
    ['hopper', GPU_FIELDS],
    ['ls10', SWITCH_FIELDS]
  ] as const)('of the %s report is equal', (name, fields) => {
    const report = parseDeviceReport(decodeHex(readNvidiaText(`parsed/${name}-report.txt`).trim()))
    expect(print(report, fields)).toEqual(JSON.parse(readNvidiaText(`parsed/${name}.json`)))
  })
})
