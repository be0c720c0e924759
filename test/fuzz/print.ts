import type { FuzzReport } from './target.ts'

const HEADINGS = ['target', 'inputs', 'accepted', 'slowest ms', 'peak MiB', 'kept MiB', 'refusals by code'] as const

/** A Markdown table, in columns that also read well on a terminal. */
export function printReports(reports: readonly FuzzReport[]): string {
  const rows = [[...HEADINGS], ...reports.map(cells)]
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`)
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}

function cells(report: FuzzReport): string[] {
  const refusals = [...report.refusals].sort(([, a], [, b]) => b - a).map(([code, count]) => `${code} ${count}`)
  return [
    report.name,
    String(report.inputs),
    String(report.accepted),
    report.slowestMs.toFixed(1),
    (report.peakGrowthBytes / 1024 / 1024).toFixed(0),
    (report.keptBytes / 1024 / 1024).toFixed(1),
    `${refusals.join(', ')}${report.failure === undefined ? '' : ' FAILED'}`
  ]
}
