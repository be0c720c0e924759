import type { Row } from '../row.ts'
import { acceptRow } from './accept.ts'
import { admissionRow } from './admission.ts'
import { anchorRow } from './anchor.ts'
import { appraisalsRow } from './appraisals.ts'
import { auditRow } from './audit.ts'
import { billRow } from './bill.ts'
import { firstChunkRow } from './first-chunk.ts'
import { localChainRow } from './local-chain.ts'
import { logRow } from './log.ts'
import { logDurableRow } from './log-durable.ts'
import { logMemoryRow } from './log-memory.ts'
import { longPromptRow } from './long-prompt.ts'
import { meteringRow } from './metering.ts'
import { nvidiaRow } from './nvidia.ts'
import { pacedRow } from './paced.ts'
import { placementRow } from './placement.ts'
import { planRow } from './plan.ts'
import { sealRow } from './seal.ts'
import { shortRow } from './short.ts'
import { streamMemoryRow } from './stream-memory.ts'
import { tdxRow } from './tdx.ts'
import { unpacedRow } from './unpaced.ts'
import { voucherRow } from './voucher.ts'

/** In the order in which they run. */
export const ROWS: readonly Row[] = [
  sealRow,
  acceptRow,
  tdxRow,
  nvidiaRow,
  planRow,
  voucherRow,
  meteringRow,
  billRow,
  placementRow,
  localChainRow,
  logRow,
  logDurableRow,
  logMemoryRow,
  admissionRow,
  anchorRow,
  auditRow,
  firstChunkRow,
  shortRow,
  unpacedRow,
  pacedRow,
  streamMemoryRow,
  longPromptRow,
  appraisalsRow
]
