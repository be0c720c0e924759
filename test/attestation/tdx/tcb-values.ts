import type { Td15Body, TdBody } from '../../../attestation/tdx/body.ts'
import type { PckExtension } from '../../../attestation/tdx/pck.ts'
import type { LevelStatus, MatchedLevel } from '../../../attestation/tdx/status.ts'
import { evaluateTcb } from '../../../attestation/tdx/tcb.ts'
import { parseTcbInfo } from '../../../attestation/tdx/tcb-info.ts'

const ZERO48 = '00'.repeat(48)
export const DATE = '2024-03-13T00:00:00Z'

export function svns(...first: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(16)
  bytes.set(first)
  return bytes
}

interface LevelFields {
  readonly sgx?: readonly number[]
  readonly pce?: number
  readonly tdx?: readonly number[]
  readonly status?: LevelStatus
  readonly date?: string
  readonly advisories?: readonly string[]
}

export function level({ sgx = [], pce = 0, tdx = [], status = 'UpToDate', date = DATE, advisories }: LevelFields) {
  const components = (values: readonly number[]) => [...svns(...values)].map((svn) => ({ svn }))
  return {
    tcb: { sgxtcbcomponents: components(sgx), pcesvn: pce, tdxtcbcomponents: components(tdx) },
    tcbDate: date,
    tcbStatus: status,
    ...(advisories === undefined ? {} : { advisoryIDs: advisories })
  }
}

interface ModuleFields {
  readonly id: string
  readonly levels: readonly (readonly [isvsvn: number, status: LevelStatus, ...advisories: string[]])[]
  readonly mrsigner?: string
  readonly attributes?: string
}

export function moduleIdentity({ id, levels, mrsigner = ZERO48, attributes = '00'.repeat(8) }: ModuleFields) {
  const tcbLevels = levels.map(([isvsvn, tcbStatus, ...advisoryIDs]) => ({
    tcb: { isvsvn },
    tcbDate: DATE,
    tcbStatus,
    advisoryIDs
  }))
  return { id, mrsigner, attributes, attributesMask: 'FF'.repeat(8), tcbLevels }
}

export const MODULE_1 = moduleIdentity({
  id: 'TDX_01',
  levels: [
    [6, 'UpToDate'],
    [4, 'OutOfDate', 'SA-MODULE']
  ]
})

export function tcbInfo(levels: readonly object[], identities: readonly object[] = [MODULE_1]) {
  return parseTcbInfo(
    JSON.stringify({
      id: 'TDX',
      version: 3,
      issueDate: DATE,
      nextUpdate: DATE,
      fmspc: '000000000000',
      pceId: '0000',
      tcbType: 0,
      tcbEvaluationDataNumber: 17,
      tdxModule: { mrsigner: ZERO48, attributes: '00'.repeat(8), attributesMask: 'FF'.repeat(8) },
      tdxModuleIdentities: identities,
      tcbLevels: levels
    })
  )
}

export const TD: TdBody = {
  kind: 'tdx10',
  teeTcbSvn: svns(6, 1, 3),
  mrSeam: new Uint8Array(48),
  mrSignerSeam: new Uint8Array(48),
  seamAttributes: new Uint8Array(8),
  tdAttributes: new Uint8Array(8),
  xfam: new Uint8Array(8),
  mrTd: new Uint8Array(48),
  mrConfigId: new Uint8Array(48),
  mrOwner: new Uint8Array(48),
  mrOwnerConfig: new Uint8Array(48),
  rtmrs: [new Uint8Array(48), new Uint8Array(48), new Uint8Array(48), new Uint8Array(48)],
  reportData: new Uint8Array(64)
}

export const td15 = (teeTcbSvn: Uint8Array, teeTcbSvn2: Uint8Array): Td15Body => ({
  ...TD,
  ...{ kind: 'tdx15', teeTcbSvn, teeTcbSvn2 },
  mrServiceTd: new Uint8Array(48)
})

export const PCK: PckExtension = {
  ca: 'platform',
  ppid: new Uint8Array(16),
  sgxTcbComponents: [...svns(3, 3)],
  pceSvn: 13,
  cpuSvn: new Uint8Array(16),
  pceId: new Uint8Array(2),
  fmspc: new Uint8Array(6)
}

export const matched = (status: LevelStatus, ...advisories: string[]): MatchedLevel => ({
  status,
  tcbDate: new Date(DATE),
  advisories
})
export const QE = matched('UpToDate')

export const statusOf = (body: TdBody, info: ReturnType<typeof tcbInfo>, pck = PCK, qe = QE) =>
  evaluateTcb(body, pck, info, qe).status
