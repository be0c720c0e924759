import { encodeHex } from '../encoding.ts'
import { VIRTUAL_QE } from './platform.ts'
import { CURRENT_TCB, components, OLD_TCB, REVOKED_TCB, type VirtualTcb } from './tcb.ts'

/** Intel's TCB info, version 3, for TDX, with its member names. */
export interface TcbInfoDocument {
  readonly id: string
  readonly version: number
  readonly issueDate: string
  readonly nextUpdate: string
  readonly fmspc: string
  readonly pceId: string
  readonly tcbType: number
  readonly tcbEvaluationDataNumber: number
  readonly tdxModule: TdxModule
  readonly tdxModuleIdentities: readonly TdxModuleIdentity[]
  readonly tcbLevels: readonly PlatformLevel[]
}

/** Intel's enclave identity of the TD quoting enclave, version 2. */
export interface QeIdentityDocument {
  readonly id: string
  readonly version: number
  readonly issueDate: string
  readonly nextUpdate: string
  readonly tcbEvaluationDataNumber: number
  readonly miscselect: string
  readonly miscselectMask: string
  readonly attributes: string
  readonly attributesMask: string
  readonly mrsigner: string
  readonly isvprodid: number
  readonly tcbLevels: readonly ModuleLevel[]
}

export interface TdxModule {
  readonly mrsigner: string
  readonly attributes: string
  readonly attributesMask: string
}

export interface TdxModuleIdentity extends TdxModule {
  readonly id: string
  readonly tcbLevels: readonly ModuleLevel[]
}

export interface ModuleLevel extends Standing {
  readonly tcb: { readonly isvsvn: number }
}

export interface PlatformLevel extends Standing {
  readonly tcb: {
    readonly sgxtcbcomponents: readonly Component[]
    readonly pcesvn: number
    readonly tdxtcbcomponents: readonly Component[]
  }
}

interface Standing {
  readonly tcbDate: string
  readonly tcbStatus: string
  readonly advisoryIDs?: readonly string[]
}

interface Component {
  readonly svn: number
  readonly category?: string
  readonly type?: string
}

/** The advisory that a virtual platform's old levels stand under. */
export const VIRTUAL_ADVISORY = 'VIRTUAL-SA-00001'

const MODULE: TdxModule = { mrsigner: '00'.repeat(48), attributes: '00'.repeat(8), attributesMask: 'FF'.repeat(8) }

const SGX_COMPONENT_NAMES = [
  { category: 'BIOS', type: 'Early Microcode Update' },
  { category: 'OS/VMM', type: 'SGX Late Microcode Update' },
  { category: 'OS/VMM', type: 'TXT SINIT' },
  { category: 'BIOS' },
  { category: 'BIOS' },
  { category: 'BIOS' },
  {},
  { category: 'OS/VMM', type: 'SEAMLDR ACM' }
] as const

const TDX_COMPONENT_NAMES = [
  { category: 'OS/VMM', type: 'TDX Module' },
  { category: 'OS/VMM', type: 'TDX Module' },
  { category: 'OS/VMM', type: 'TDX Late Microcode Update' }
] as const

/** What the two documents say of a platform family. */
export interface TcbDocumentOptions {
  readonly fmspc: Uint8Array
  readonly pceId: Uint8Array
  readonly currentStatus: string
  readonly evaluationDataNumber: number
  readonly tcbInfo: Partial<TcbInfoDocument>
  readonly qeIdentity: Partial<QeIdentityDocument>
}

interface UpdateDates {
  readonly thisUpdate: Date
  readonly nextUpdate: Date
}

/** TCB info as it is signed and served. */
export function encodeTcbInfo(options: TcbDocumentOptions, dates: UpdateDates, now: Date): string {
  const document: TcbInfoDocument = {
    id: 'TDX',
    version: 3,
    ...issued(dates),
    fmspc: encodeHex(options.fmspc).toUpperCase(),
    pceId: encodeHex(options.pceId),
    tcbType: 0,
    tcbEvaluationDataNumber: options.evaluationDataNumber,
    tdxModule: MODULE,
    tdxModuleIdentities: moduleIdentities(now),
    tcbLevels: platformLevels(options.currentStatus, now),
    ...options.tcbInfo
  }
  return JSON.stringify(document)
}

/** The identity that `VIRTUAL_QE` meets, as it is signed and served. */
export function encodeQeIdentity(options: TcbDocumentOptions, dates: UpdateDates, now: Date): string {
  const document: QeIdentityDocument = {
    id: 'TD_QE',
    version: 2,
    ...issued(dates),
    tcbEvaluationDataNumber: options.evaluationDataNumber,
    miscselect: '00000000',
    miscselectMask: 'FFFFFFFF',
    attributes: `11${'00'.repeat(15)}`,
    attributesMask: 'FBFFFFFFFFFFFFFF0000000000000000',
    mrsigner: encodeHex(VIRTUAL_QE.mrSigner).toUpperCase(),
    isvprodid: VIRTUAL_QE.isvProdId,
    tcbLevels: [
      moduleLevel(VIRTUAL_QE.isvSvn, standing('UpToDate', now, 30)),
      moduleLevel(2, standing('OutOfDate', now, 400))
    ],
    ...options.qeIdentity
  }
  return JSON.stringify(document)
}

/** Descending: what `CURRENT_TCB`, `OLD_TCB` and `REVOKED_TCB` meet. */
function platformLevels(currentStatus: string, now: Date): readonly PlatformLevel[] {
  return [
    platformLevel(CURRENT_TCB, standing(currentStatus, now, 30)),
    platformLevel(OLD_TCB, standing('OutOfDate', now, 400)),
    platformLevel(REVOKED_TCB, standing('Revoked', now, 2000))
  ]
}

/** Major versions 3 and 1 of the TDX module, at the ISVSVNs that Intel gave them. */
function moduleIdentities(now: Date): readonly TdxModuleIdentity[] {
  const current = standing('UpToDate', now, 30)
  return [
    { id: 'TDX_03', ...MODULE, tcbLevels: [moduleLevel(3, current)] },
    { id: 'TDX_01', ...MODULE, tcbLevels: [moduleLevel(6, current), moduleLevel(2, standing('OutOfDate', now, 400))] }
  ]
}

/** Seconds precision and a `Z`, as Intel writes it. */
function issued({ thisUpdate, nextUpdate }: UpdateDates): { readonly issueDate: string; readonly nextUpdate: string } {
  const iso = (date: Date) => date.toISOString().replace(/\.\d{3}Z$/, 'Z')
  return { issueDate: iso(thisUpdate), nextUpdate: iso(nextUpdate) }
}

function platformLevel(tcb: VirtualTcb, level: Standing): PlatformLevel {
  return {
    tcb: {
      sgxtcbcomponents: named(tcb.sgxComponents, SGX_COMPONENT_NAMES),
      pcesvn: tcb.pceSvn,
      tdxtcbcomponents: named(components(5, 0, tcb.teeTcbSvn[2] ?? 0), TDX_COMPONENT_NAMES)
    },
    ...level
  }
}

function moduleLevel(isvsvn: number, level: Standing): ModuleLevel {
  return { tcb: { isvsvn }, ...level }
}

function standing(tcbStatus: string, now: Date, daysAgo: number): Standing {
  const day = new Date(now.getTime() - daysAgo * 24 * 3600 * 1000)
  const tcbDate = `${day.toISOString().slice(0, 10)}T00:00:00Z`
  return tcbStatus === 'UpToDate' ? { tcbDate, tcbStatus } : { tcbDate, tcbStatus, advisoryIDs: [VIRTUAL_ADVISORY] }
}

function named(svns: Uint8Array, names: readonly Omit<Component, 'svn'>[]): readonly Component[] {
  return [...svns].map((svn, index) => ({ svn, ...names[index] }))
}
