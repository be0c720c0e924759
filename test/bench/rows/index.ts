import type { Row } from '../row.ts'
import { acceptRow } from './accept.ts'
import { firstChunkRow } from './first-chunk.ts'
import { planRow } from './plan.ts'
import { sealRow } from './seal.ts'
import { tdxRow } from './tdx.ts'

/** In the order in which they run. */
export const ROWS: readonly Row[] = [sealRow, acceptRow, tdxRow, planRow, firstChunkRow]
