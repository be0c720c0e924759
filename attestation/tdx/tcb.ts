import { encodeHex } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { sameBytes } from '../x509.ts'
import type { QuoteBody, TdBody } from './body.ts'
import type { PckExtension } from './pck.ts'
import { adviseRelaunch } from './relaunch.ts'
import { type MatchedLevel, mergeStatus, NO_LEVEL, type TcbStatus } from './status.ts'
import { findModuleIdentity, type ModuleIdentity, type PlatformLevel, type TcbInfo } from './tcb-info.ts'

/** What Intel's documents say of a platform's SVNs. It speaks of values: whether they are authentic is asked elsewhere. */
export interface TcbEvaluation {
  readonly status: TcbStatus
  readonly advisories: readonly string[]
  readonly tcbDate: Date
  readonly platform: MatchedLevel
  readonly module: MatchedLevel | undefined
  readonly qe: MatchedLevel
}

/**
 * Evaluates a body's and PCK's SVNs by Intel's rule (DCAP quote verification 4.1.2.4.11 and 4.1.2.4.17):
 *
 * 7. TDX module: its signer and attributes are those of its identity.
 * 8. Platform: the highest level that all SGX components, PCESVN and TDX components meet.
 * 9. Module by ISVSVN; module, relaunch, then QE merged into the status; advisories are the union.
 */
export function evaluateTcb(body: QuoteBody, pck: PckExtension, tcbInfo: TcbInfo, qe: MatchedLevel): TcbEvaluation {
  const identity = body.kind === 'sgx' ? undefined : checkTdxModule(body, tcbInfo)
  const sgx = tcbInfo.tcbLevels.find((level) => meetsSgx(level, pck)) ?? NO_LEVEL
  const platform =
    body.kind === 'sgx'
      ? sgx
      : (tcbInfo.tcbLevels.find((level) => meetsSgx(level, pck) && meetsTdx(level, body)) ?? NO_LEVEL)
  const module = body.kind === 'sgx' || identity === undefined ? undefined : matchModule(body, identity)
  const merged = mergeStatus(platform.status, module?.status ?? 'UpToDate')
  const relaunched = body.kind === 'tdx15' ? adviseRelaunch(body, tcbInfo, { sgx, merged, module, qe }) : merged
  const matched = [platform, ...(module === undefined ? [] : [module]), qe]
  return {
    status: mergeStatus(relaunched, qe.status),
    advisories: [...new Set(matched.flatMap((level) => level.advisories))],
    tcbDate: new Date(Math.min(...matched.map((level) => level.tcbDate?.getTime() ?? 0))),
    ...{ platform, module, qe }
  }
}

function checkTdxModule(body: TdBody, tcbInfo: TcbInfo): ModuleIdentity | undefined {
  const version = body.teeTcbSvn[1] ?? 0
  const identity = version === 0 ? undefined : findModuleIdentity(version, tcbInfo)
  const signer = identity ?? tcbInfo.tdxModule
  if (signer === undefined) throw new AttestationError('TCB_INFO_MISMATCH', 'TCB info without a TDX module')
  if (!sameBytes(body.mrSignerSeam, signer.mrSigner)) {
    throw new AttestationError('MR_SIGNER_SEAM_MISMATCH', 'TDX module is signed by another than TCB info names')
  }
  const isZero = body.seamAttributes.every((octet) => octet === 0)
  if (!isZero || !sameBytes(body.seamAttributes, signer.attributes)) {
    throw new AttestationError('SEAM_ATTRIBUTES_MISMATCH', `SEAMATTRIBUTES ${encodeHex(body.seamAttributes)}`)
  }
  return identity
}

function meetsSgx(level: PlatformLevel, pck: PckExtension): boolean {
  return pck.pceSvn >= level.pceSvn && meets(pck.sgxTcbComponents, level.sgxTcbComponents, 0)
}

/** A module with a version of its own is judged by its identity, so its SVN and version are left out here. */
function meetsTdx(level: PlatformLevel, { teeTcbSvn }: TdBody): boolean {
  const from = (teeTcbSvn[1] ?? 0) > 0 ? 2 : 0
  return level.tdxTcbComponents !== undefined && meets([...teeTcbSvn], level.tdxTcbComponents, from)
}

function meets(actual: readonly number[], required: readonly number[], from: number): boolean {
  return required.every((svn, i) => i < from || (actual[i] ?? 0) >= svn)
}

function matchModule(body: TdBody, identity: ModuleIdentity): MatchedLevel {
  const isvSvn = body.teeTcbSvn[0] ?? 0
  return identity.tcbLevels.find((level) => isvSvn >= level.isvSvn) ?? NO_LEVEL
}
