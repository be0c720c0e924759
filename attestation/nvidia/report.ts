import { ByteReader } from '../byte-reader.ts'
import { type OpaqueData, parseOpaqueData } from './opaque.ts'

/** The request that a report answers, as the report carries it (SPDM 1.1, DSP0274 §10.11.1). */
export interface MeasurementRequest {
  readonly nonce: Uint8Array
}

/** One measurement; `index` counts from 1. */
export interface MeasurementBlock {
  readonly index: number
  readonly valueType: number
  readonly value: Uint8Array
}

/** What a device answers (SPDM 1.1, DSP0274 §10.11.2). */
export interface MeasurementResponse {
  readonly blocks: readonly MeasurementBlock[]
  readonly measurementRecordLength: number
  /** The device's own, which nobody chose for it. */
  readonly nonce: Uint8Array
  readonly opaque: OpaqueData
  readonly opaqueLength: number
}

/** A GPU's or NVSwitch's report, parsed and not verified: nothing in it is to be believed. */
export interface DeviceReport {
  readonly request: MeasurementRequest
  readonly response: MeasurementResponse
  /** Everything before the signature, which it is over. */
  readonly signed: Uint8Array
  /** Raw r ‖ s of P-384. */
  readonly signature: Uint8Array
}

/** A report is at most this long: 64 measurements and opaque data take a tenth of it. */
export const MAX_REPORT_BYTES = 1 << 16

const SPDM_1_1 = 0x11
const GET_MEASUREMENTS = 0xe0
const MEASUREMENTS = 0x60
/** A signature is asked for, over all measurements, by the key of slot 0. */
const SIGNED = 0x01
const ALL_MEASUREMENTS = 0xff
const SLOT = 0
const NONCE_LENGTH = 32
const SIGNATURE_LENGTH = 96
const DMTF_MEASUREMENT = 1
const BLOCK_HEADER_LENGTH = 3
const MAX_VALUE_LENGTH = 256

/**
 * Reads GET_MEASUREMENTS ‖ MEASUREMENTS of SPDM 1.1, little-endian, to the last byte: a request of 37 bytes that asks for
 * all measurements signed; measurements of DMTF's form, each index once; opaque data; a signature. Throws
 * `REPORT_MALFORMED`.
 */
export function parseDeviceReport(bytes: Uint8Array): DeviceReport {
  const reader = new ByteReader(bytes, 'REPORT_MALFORMED', 'little')
  if (bytes.byteLength > MAX_REPORT_BYTES) throw reader.refuse(`${bytes.byteLength} bytes, at most ${MAX_REPORT_BYTES}`)
  const request = readRequest(reader)
  const response = readResponse(reader)
  const signed = bytes.subarray(0, reader.offset)
  const signature = reader.bytes(SIGNATURE_LENGTH, 'signature')
  reader.end()
  return { request, response, signed, signature }
}

function readRequest(reader: ByteReader): MeasurementRequest {
  demand(reader, SPDM_1_1, 'request version')
  demand(reader, GET_MEASUREMENTS, 'request code')
  demand(reader, SIGNED, 'request attributes')
  demand(reader, ALL_MEASUREMENTS, 'measurement operation')
  const nonce = reader.bytes(NONCE_LENGTH, 'request nonce')
  demand(reader, SLOT, 'slot')
  return { nonce }
}

function readResponse(reader: ByteReader): MeasurementResponse {
  demand(reader, SPDM_1_1, 'response version')
  demand(reader, MEASUREMENTS, 'response code')
  demand(reader, 0, 'response parameter 1')
  demand(reader, 0, 'response parameter 2')
  const count = reader.uint8('number of blocks')
  const measurementRecordLength = reader.uint24('measurement record length')
  const record = reader.bytes(measurementRecordLength, 'measurement record')
  const blocks = readBlocks(new ByteReader(record, 'REPORT_MALFORMED', 'little'), count)
  const nonce = reader.bytes(NONCE_LENGTH, 'response nonce')
  const opaqueLength = reader.uint16('opaque length')
  const opaque = parseOpaqueData(reader.bytes(opaqueLength, 'opaque data'))
  return { blocks, measurementRecordLength, nonce, opaque, opaqueLength }
}

function readBlocks(record: ByteReader, count: number): readonly MeasurementBlock[] {
  const blocks: MeasurementBlock[] = []
  const indices = new Set<number>()
  for (let i = 0; i < count; i++) {
    const block = readBlock(record)
    if (indices.has(block.index)) throw record.refuse(`measurement ${block.index} twice`)
    indices.add(block.index)
    blocks.push(block)
  }
  record.end()
  if (blocks.length === 0) throw record.refuse('no measurements')
  return blocks
}

function readBlock(record: ByteReader): MeasurementBlock {
  const index = record.uint8('measurement index')
  if (index === 0) throw record.refuse('measurement 0: they count from 1')
  demand(record, DMTF_MEASUREMENT, 'specification of measurement')
  const size = record.uint16('size of measurement')
  const valueType = record.uint8('type of measurement')
  const valueLength = record.uint16('length of measurement')
  if (valueLength > MAX_VALUE_LENGTH || size !== valueLength + BLOCK_HEADER_LENGTH) {
    throw record.refuse(`measurement ${index}: ${valueLength} bytes in a block of ${size}`)
  }
  return { index, valueType, value: record.bytes(valueLength, 'measurement') }
}

function demand(reader: ByteReader, wanted: number, field: string): void {
  const found = reader.uint8(field)
  if (found !== wanted) throw reader.refuse(`${field} ${found}, ${wanted} wanted`)
}
