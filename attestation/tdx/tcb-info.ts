import { encodeHex } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { JsonMembers } from './json-members.ts'
import type { LevelStatus } from './status.ts'

/** Intel's TCB info, version 3 (PCS API v4): which SVNs of a platform mean what. */
export interface TcbInfo {
  readonly id: string
  readonly issueDate: Date
  readonly nextUpdate: Date
  readonly fmspc: Uint8Array
  readonly pceId: Uint8Array
  readonly evaluationDataNumber: number
  /** What TDX modules without a version of their own must be; undefined for SGX. */
  readonly tdxModule: ModuleSigner | undefined
  readonly tdxModuleIdentities: readonly ModuleIdentity[]
  /** Highest first. */
  readonly tcbLevels: readonly PlatformLevel[]
}

export interface ModuleSigner {
  readonly mrSigner: Uint8Array
  readonly attributes: Uint8Array
}

export interface ModuleIdentity extends ModuleSigner {
  /** `TDX_<version in hex>`, upper case. */
  readonly id: string
  /** Highest first. */
  readonly tcbLevels: readonly IsvSvnLevel[]
}

interface Level {
  readonly status: LevelStatus
  readonly tcbDate: Date
  readonly advisories: readonly string[]
}

export interface PlatformLevel extends Level {
  readonly sgxTcbComponents: readonly number[]
  readonly pceSvn: number
  /** Undefined in SGX's TCB info. */
  readonly tdxTcbComponents: readonly number[] | undefined
}

export interface IsvSvnLevel extends Level {
  readonly isvSvn: number
}

const MAX_LEVELS = 256
const LEVEL_STATUSES: ReadonlySet<string> = new Set<LevelStatus>([
  'UpToDate',
  'SWHardeningNeeded',
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDate',
  'OutOfDateConfigurationNeeded',
  'Revoked'
])

/** Reads the signed text. Refuses every version but 3 and everything that is not of its shape. */
export function parseTcbInfo(text: string): TcbInfo {
  const info = JsonMembers.parse(text, 'COLLATERAL_MALFORMED')
  const id = info.text('id')
  const version = info.integer('version', 0xffff)
  if (version !== 3) throw new AttestationError('TCB_INFO_MISMATCH', `TCB info version ${version}`)
  const isTdx = id === 'TDX'
  return {
    id,
    issueDate: info.date('issueDate'),
    nextUpdate: info.date('nextUpdate'),
    fmspc: info.hex('fmspc', 6),
    pceId: info.hex('pceId', 2),
    evaluationDataNumber: info.integer('tcbEvaluationDataNumber', 0xffff_ffff),
    tdxModule: isTdx ? readModuleSigner(info.object('tdxModule')) : undefined,
    tdxModuleIdentities: info.has('tdxModuleIdentities')
      ? info.objects('tdxModuleIdentities', MAX_LEVELS).map(readModuleIdentity)
      : [],
    // Intel serves them sorted; a first match must not depend on that.
    tcbLevels: info
      .objects('tcbLevels', MAX_LEVELS)
      .map((level) => readPlatformLevel(level, isTdx))
      .sort((a, b) => compareSvns(svnsOf(b), svnsOf(a)))
  }
}

/** Levels by ISVSVN, highest first: of a TDX module and of the Quoting Enclave. */
export function readIsvSvnLevels(members: JsonMembers): readonly IsvSvnLevel[] {
  return members
    .objects('tcbLevels', MAX_LEVELS)
    .map((level) => ({ isvSvn: level.object('tcb').integer('isvsvn', 0xffff), ...readLevel(level) }))
    .sort((a, b) => b.isvSvn - a.isvSvn)
}

/** The identity of the module's version: `TDX_<hex>` upper case; version 0 has none. */
export function findModuleIdentity(version: number, tcbInfo: TcbInfo): ModuleIdentity {
  const id = `TDX_${encodeHex(Uint8Array.of(version)).toUpperCase()}`
  const identity = tcbInfo.tdxModuleIdentities.find((candidate) => candidate.id === id)
  if (identity !== undefined) return identity
  throw new AttestationError('QV_RESULT_TERMINAL_UNSPECIFIED', `TCB info knows no TDX module ${id}`)
}

function readModuleSigner(module: JsonMembers): ModuleSigner {
  return { mrSigner: module.hex('mrsigner', 48), attributes: module.hex('attributes', 8) }
}

function readModuleIdentity(identity: JsonMembers): ModuleIdentity {
  return {
    id: identity.text('id').toUpperCase(),
    ...readModuleSigner(identity),
    tcbLevels: readIsvSvnLevels(identity)
  }
}

function readPlatformLevel(level: JsonMembers, isTdx: boolean): PlatformLevel {
  const tcb = level.object('tcb')
  return {
    sgxTcbComponents: readComponents(tcb, 'sgxtcbcomponents'),
    pceSvn: tcb.integer('pcesvn', 0xffff),
    tdxTcbComponents: isTdx ? readComponents(tcb, 'tdxtcbcomponents') : undefined,
    ...readLevel(level)
  }
}

function readComponents(tcb: JsonMembers, member: string): readonly number[] {
  const components = tcb.objects(member, 16).map((component) => component.integer('svn', 255))
  if (components.length === 16) return components
  throw new AttestationError('COLLATERAL_MALFORMED', `${member} has ${components.length} components`)
}

function readLevel(level: JsonMembers): Level {
  const status = level.text('tcbStatus')
  if (!isLevelStatus(status)) throw new AttestationError('COLLATERAL_MALFORMED', `tcbStatus ${status}`)
  const advisories = level.has('advisoryIDs') ? level.texts('advisoryIDs', 1024) : []
  return { status, tcbDate: level.date('tcbDate'), advisories }
}

function isLevelStatus(status: string): status is LevelStatus {
  return LEVEL_STATUSES.has(status)
}

/** Intel's order of levels: SGX components, then PCESVN, then TDX components. */
function svnsOf(level: PlatformLevel): readonly number[] {
  return [...level.sgxTcbComponents, level.pceSvn, ...(level.tdxTcbComponents ?? [])]
}

function compareSvns(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((svn, i) => svn !== b[i])
  return index === -1 ? 0 : (a[index] ?? 0) - (b[index] ?? 0)
}
