/** RFC 4180 with a heading: one record a line, by name of column. Throws for a line with more or fewer fields than the heading. */
export function parseCsv(text: string): readonly Readonly<Record<string, string>>[] {
  const [heading, ...lines] = readLines(text.replace(/^\uFEFF/, ''))
  if (heading === undefined) return []
  return lines.map((fields, index) => {
    if (fields.length !== heading.length) {
      throw new Error(`line ${index + 2}: ${fields.length} fields under a heading of ${heading.length}`)
    }
    return Object.fromEntries(heading.map((name, column) => [name.trim(), fields[column] ?? '']))
  })
}

/** The same, written; a field that a spreadsheet would take for a formula is quoted as text. */
export function formatCsv(
  names: readonly string[],
  records: readonly Readonly<Record<string, unknown>>[]
): readonly string[] {
  return [names.join(','), ...records.map((record) => names.map((name) => formatField(record[name])).join(','))]
}

function formatField(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = Array.isArray(value) ? value.join(' ') : String(value)
  const isFormula = /^[=+@\t\r]|^-(?!\d+(?:\.\d+)?$)/.test(text)
  const safe = isFormula ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y

function readLines(text: string): readonly (readonly string[])[] {
  const lines: string[][] = []
  let line: string[] = []
  FIELD.lastIndex = 0
  while (FIELD.lastIndex < text.length) {
    const found = FIELD.exec(text)
    if (found === null) throw new Error(`line ${lines.length + 1}: a quote without its end, or inside a field`)
    const [, quoted, plain = '', end] = found
    line.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    // A comma at the end of the text leaves one empty field.
    if (end === ',' && FIELD.lastIndex === text.length) line.push('')
    if (end === ',' && FIELD.lastIndex < text.length) continue
    if (line.length > 1 || line[0] !== '') lines.push(line)
    line = []
  }
  return lines
}
