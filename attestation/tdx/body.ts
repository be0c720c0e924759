import type { ByteReader } from '../byte-reader.ts'

/** TD Quote Body of TDX 1.0 (Intel TDX DCAP §A.3.2), 584 bytes. */
export interface Td10Body extends TdFields {
  readonly kind: 'tdx10'
}

/** TD Quote Body of TDX 1.5 (§A.4.3), 648 bytes: the TCB that runs now, and the service TD bound to this TD. */
export interface Td15Body extends TdFields {
  readonly kind: 'tdx15'
  readonly teeTcbSvn2: Uint8Array
  readonly mrServiceTd: Uint8Array
}

export type TdBody = Td10Body | Td15Body

interface TdFields {
  /** 16 SVNs: of the TDX module [0], its version [1], and the rest of the platform, at the TD's launch. */
  readonly teeTcbSvn: Uint8Array
  readonly mrSeam: Uint8Array
  readonly mrSignerSeam: Uint8Array
  readonly seamAttributes: Uint8Array
  readonly tdAttributes: Uint8Array
  readonly xfam: Uint8Array
  readonly mrTd: Uint8Array
  readonly mrConfigId: Uint8Array
  readonly mrOwner: Uint8Array
  readonly mrOwnerConfig: Uint8Array
  readonly rtmrs: readonly [rtmr0: Uint8Array, rtmr1: Uint8Array, rtmr2: Uint8Array, rtmr3: Uint8Array]
  readonly reportData: Uint8Array
}

/** SGX report body (§A.3.10), 384 bytes: the body of an SGX quote, and the Quoting Enclave's own report. */
export interface EnclaveReport {
  readonly kind: 'sgx'
  readonly cpuSvn: Uint8Array
  readonly miscSelect: Uint8Array
  readonly attributes: Uint8Array
  readonly mrEnclave: Uint8Array
  readonly mrSigner: Uint8Array
  readonly isvProdId: number
  readonly isvSvn: number
  readonly reportData: Uint8Array
}

export type QuoteBody = TdBody | EnclaveReport

/** Body sizes by kind. */
export const BODY_SIZE = { sgx: 384, tdx10: 584, tdx15: 648 } as const satisfies Record<QuoteBody['kind'], number>

export function readBody(reader: ByteReader, kind: QuoteBody['kind']): QuoteBody {
  if (kind === 'sgx') return readEnclaveReport(reader)
  const fields = readTdFields(reader)
  if (kind === 'tdx10') return { kind, ...fields }
  return {
    kind,
    ...fields,
    teeTcbSvn2: reader.bytes(16, 'TEE_TCB_SVN_2'),
    mrServiceTd: reader.bytes(48, 'MRSERVICETD')
  }
}

export function readEnclaveReport(reader: ByteReader): EnclaveReport {
  const cpuSvn = reader.bytes(16, 'CPUSVN')
  const miscSelect = reader.bytes(4, 'MISCSELECT')
  reader.skip(28, 'reserved')
  const attributes = reader.bytes(16, 'ATTRIBUTES')
  const mrEnclave = reader.bytes(32, 'MRENCLAVE')
  reader.skip(32, 'reserved')
  const mrSigner = reader.bytes(32, 'MRSIGNER')
  reader.skip(96, 'reserved')
  const [isvProdId, isvSvn] = [reader.uint16('ISVPRODID'), reader.uint16('ISVSVN')]
  reader.skip(60, 'reserved')
  const reportData = reader.bytes(64, 'REPORTDATA')
  return { kind: 'sgx', cpuSvn, miscSelect, attributes, mrEnclave, mrSigner, isvProdId, isvSvn, reportData }
}

function readTdFields(reader: ByteReader): TdFields {
  return {
    teeTcbSvn: reader.bytes(16, 'TEE_TCB_SVN'),
    mrSeam: reader.bytes(48, 'MRSEAM'),
    mrSignerSeam: reader.bytes(48, 'MRSIGNERSEAM'),
    seamAttributes: reader.bytes(8, 'SEAMATTRIBUTES'),
    tdAttributes: reader.bytes(8, 'TDATTRIBUTES'),
    xfam: reader.bytes(8, 'XFAM'),
    mrTd: reader.bytes(48, 'MRTD'),
    mrConfigId: reader.bytes(48, 'MRCONFIGID'),
    mrOwner: reader.bytes(48, 'MROWNER'),
    mrOwnerConfig: reader.bytes(48, 'MROWNERCONFIG'),
    rtmrs: [reader.bytes(48, 'RTMR0'), reader.bytes(48, 'RTMR1'), reader.bytes(48, 'RTMR2'), reader.bytes(48, 'RTMR3')],
    reportData: reader.bytes(64, 'REPORTDATA')
  }
}
