import type { AppraisalResult } from './result.ts'

export function explainResult(result: AppraisalResult): readonly string[] {
  throw new Error(`not yet: ${result}`)
}
