import type { FuzzTarget } from '../target.ts'
import { auditTargets } from './audit.ts'
import { certificateTargets } from './certificates.ts'
import { deviceTargets } from './devices.ts'
import { evidenceTargets } from './evidence.ts'
import { linkTargets } from './link.ts'
import { logTargets } from './log.ts'
import { messageTargets } from './messages.ts'
import { sessionTargets } from './session.ts'
import { voucherTargets } from './voucher.ts'

/** Every parser that reads what others wrote. */
export async function parserTargets(): Promise<readonly FuzzTarget[]> {
  const groups = await Promise.all([
    deviceTargets(),
    evidenceTargets(),
    certificateTargets(),
    sessionTargets(),
    messageTargets(),
    linkTargets(),
    logTargets(),
    voucherTargets(),
    auditTargets()
  ])
  return groups.flat()
}
